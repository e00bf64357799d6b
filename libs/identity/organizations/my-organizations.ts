import { Handles, type Page, Query, Read } from '#kernel';
import { pageOf, type Paging } from '../sessions/paging.ts';
import { myPlaces, type Place } from './places.ts';

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
    return pageOf(await myPlaces(this.read), paging);
  }
}
