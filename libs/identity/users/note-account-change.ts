import { Bus, Command, EntityManager, Handles, witnessed } from '#kernel';
import { Membership } from '../members/membership.ts';
import { User } from './user.ts';

type Fields = Record<string, string | null>;

/**
 * Puts a change of somebody's account into the audit log of an organization he belongs to: an account is known once in the deployment and
 * belongs to none, but who vouches for its members has to see that a password was changed. Secrets are named, never shown.
 */
export class NoteAccountChange extends Command<void> {
  constructor(
    readonly userId: string,
    readonly before: Fields,
    readonly after: Fields,
  ) {
    super();
  }
}

@Handles(NoteAccountChange, 'system')
class Handler {
  constructor(private readonly em: EntityManager) {}

  async execute({ userId, before, after }: NoteAccountChange) {
    await witnessed(this.em, { action: 'update', subject: User.table, subjectId: userId, before, after });
  }
}

/** Puts into the audit log of an organization that somebody whose place an import has kept has come to take it. */
export class NoteArrival extends Command<void> {
  constructor(readonly membershipId: string) {
    super();
  }
}

@Handles(NoteArrival, 'system')
class ArrivalHandler {
  constructor(private readonly em: EntityManager) {}

  async execute({ membershipId }: NoteArrival) {
    const change = { before: { status: 'invited' }, after: { status: 'active' } };
    await witnessed(this.em, { action: 'update', subject: Membership.table, subjectId: membershipId, ...change });
  }
}

/** Promises the entry with the arrival itself, which happens outside any organization. */
export const noteArrival = (bus: Bus, { id, organizationId, userId }: Membership): Promise<void> =>
  bus.later(new NoteArrival(id), { organization: organizationId, subjectId: userId });

/** Promises the entries with the change itself, one for each organization the user is active in. */
export async function noteAccountChange(em: EntityManager, bus: Bus, userId: string, before: Fields, after: Fields): Promise<void> {
  const places = await em.find(Membership, { userId, status: 'active' });
  for (const { organizationId } of places)
    await bus.later(new NoteAccountChange(userId, before, after), { organization: organizationId, subjectId: userId });
}
