import { actor, Command, EntityManager, Handles, notYourOrganization, organizationSuspended, Read, unauthenticated } from '#kernel';
import { z } from 'zod';
import { Place, placesOf } from '../organizations/places.ts';
import { Session } from './session.ts';
import { type Issued, Pair, Sessions } from './sessions.ts';
import { tokenRoute } from './token-route.ts';
import { signedIn } from './who.ts';

export const SwitchInput = z
  .strictObject({ organization_id: z.guid().toLowerCase(), cookie: z.boolean().default(false) })
  .meta({ id: 'SwitchOrganization' });
export const Switched = z.object({ ...Pair, organization: Place }).meta({ id: 'Switched' });

/** A pair of tokens that is good for one organization only, in the same session; its refreshes stay bound to it. */
export class SwitchOrganization extends Command<Issued & { organization: Place }> {
  constructor(readonly organizationId: string) {
    super();
  }
}

@Handles(SwitchOrganization, 'user')
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly read: Read,
    private readonly sessions: Sessions,
  ) {}

  async execute({ organizationId }: SwitchOrganization) {
    const { userId, sessionId } = signedIn();
    const place = (await placesOf(this.read, userId, organizationId)).find(({ id }) => id === organizationId);
    if (!place) throw notYourOrganization();
    if (place.suspended) throw organizationSuspended();
    const session = await this.em.findOne(Session, { id: sessionId ?? null, userId: actor().userId });
    if (!session) throw unauthenticated();
    return { organization: place, ...(await this.sessions.issue(session, organizationId)) };
  }
}

export const switchOrganization = tokenRoute(
  'switch-organization',
  {
    does: 'Get tokens that are bound to one organization, so that no header has to name it',
    body: SwitchInput,
    answers: Switched,
    needs: { welcome: 'user' },
  },
  async ({ organization_id: id }, { bus }) => {
    return { result: await bus.run(new SwitchOrganization(id)) };
  },
);
