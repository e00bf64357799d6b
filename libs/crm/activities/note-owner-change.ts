import type { EntityManager } from '#kernel';
import type { About } from '../about.ts';
import { Activity, systemActivity } from './activity.ts';

/** A record that passes into other hands says so in its activities. */
export function noteOwnerChange(em: EntityManager, about: About, from: string | null, to: string | null) {
  if (from !== to) em.create(Activity, systemActivity('owner_changed', about, { from, to }));
}
