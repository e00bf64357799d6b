import { type Bus, type EntityManager, now } from '#kernel';
import { noteAccountChange } from './note-account-change.ts';
import type { User } from './user.ts';

/** The address is his: he has shown what was sent to it. The first time is noted wherever he is a member by then. */
export async function confirmEmail(em: EntityManager, bus: Bus, user: User): Promise<void> {
  if (user.emailVerifiedAt) return;
  user.emailVerifiedAt = now();
  await noteAccountChange(em, bus, user.id, { email_verified_at: null }, { email_verified_at: user.emailVerifiedAt.toISOString() });
}
