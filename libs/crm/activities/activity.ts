import { choice, entity, json, member, metadata, moment, note, now, ref } from '#kernel';
import type { About } from '../about.ts';
import { Company } from '../companies/company.ts';
import { Contact } from '../contacts/contact.ts';
import { Deal } from '../deals/deal.ts';

/** What people write down. */
export const HUMAN_KINDS = ['comment', 'note', 'call', 'meeting', 'email', 'event'] as const;
/** What Tessera writes down by itself. */
export const SYSTEM_KINDS = ['status_changed', 'stage_changed', 'owner_changed', 'amount_changed', 'task_created', 'created'] as const;
export type SystemKind = (typeof SYSTEM_KINDS)[number];

/** Something that was said or done about a record. What the system noted has no author; `createdBy` tells whose action it noted. */
export class Activity extends entity(
  'activity',
  {
    kind: choice([...HUMAN_KINDS, ...SYSTEM_KINDS], 'comment'),
    text: note().optional(),
    /** What changed, as `from` and `to`, or what else belongs to the kind: as large as free metadata, but read and written as a whole. */
    payload: json(metadata().check).or({}),
    authorId: member().optional(),
    contactId: ref(() => Contact).optional(),
    companyId: ref(() => Company).optional(),
    dealId: ref(() => Deal).optional(),
    occurredAt: moment().unlessGiven(() => now()),
  },
  {
    index: [
      ['contactId', 'occurredAt', 'id'],
      ['companyId', 'occurredAt', 'id'],
      ['dealId', 'occurredAt', 'id'],
      ['occurredAt', 'id'],
      ['authorId', 'occurredAt', 'id'],
    ],
    checks: { about: 'num_nonnulls(contact_id, company_id, deal_id) > 0' },
  },
) {
  isSystem() {
    return (SYSTEM_KINDS as readonly string[]).includes(this.kind);
  }
}

/** What the system notes about a record: `em.create(Activity, systemActivity('owner_changed', { contactId }, { from, to }))`. */
export const systemActivity = (kind: SystemKind, about: About, payload: Record<string, unknown> = {}) => ({
  ...about,
  kind,
  payload,
  authorId: null,
});
