import { actor, Handles, type Page, Query, Read, unauthenticated } from '#kernel';
import { pageOf, type Paging } from '../sessions/paging.ts';
import { type Place, placesOf } from './places.ts';

/** The organizations the caller belongs to, by name. */
export class MyOrganizations extends Query<Page<Place>> {
  constructor(readonly paging: Paging) {
    super();
  }
}

@Handles(MyOrganizations, 'user')
class Handler {
  constructor(private readonly read: Read) {}

  async execute({ paging }: MyOrganizations) {
    const { userId, kind, organization } = actor();
    if (!userId) throw unauthenticated();
    const places = await placesOf(this.read, userId);
    // A key belongs to one organization, and has no business with the others of who made it.
    return pageOf(kind === 'api_key' ? places.filter(({ id }) => id === organization?.id) : places, paging);
  }
}
