import type { Kind } from '../../libs/kernel/fields.ts';

/** Filters of which PostgreSQL knows no index behind a policy. */
export const WORDS: Record<string, string> = {
  contains: 'no leakproof operator finds a part of a text; `search` does, by an index of its own',
  starts_with: 'whatever the case, so not by an index; `search` finds it',
};
/** Kinds with few values: in the order of the list every few rows are one of them, so a page is soon full. */
export const FEW_VALUES: Partial<Record<Kind, string>> = {
  choice: 'a few values, spread over all times',
  flag: 'two values',
  list: 'a few words that many rows carry',
};
const ROWS_FOR_SEARCH = 20_000;
/** Whether this is the data of the measurements, with many other organizations. */
export const AMONG_MANY = Number(process.env.PLANS_ROWS ?? 0) >= ROWS_FOR_SEARCH;
/** Search is held to the law where it matters: by `npm run bench -- plans`, among many rows. */
export const SEARCH = AMONG_MANY ? undefined : 'of a few thousand rows PostgreSQL reads all words, and all records, and rightly';
/** Ranges beside another order are held to it where PostgreSQL can know how many rows they leave: in a database of one organization. */
export const RANGES = AMONG_MANY
  ? 'statistics are of all organizations together: what is rare in one of them is not known to be'
  : undefined;
const AUDIT = 'written with every change of every record, read by an admin now and then: an index costs the writers more than it gives';
const RARE = 'asked now and then, and kept by every write of a record: an index costs more than it gives';
/**
 * What may read more than the law allows, with the reason: filters (`table.column`) and orders (`table -column` and `table column` alike).
 * Bounded by the organization all the same, and by the time a statement has.
 */
export const WITHOUT_INDEX: Record<string, string> = {
  'audit_entry.subject_id': `${AUDIT}; with the subject, as records ask, it has one`,
  'audit_entry.action': AUDIT,
  'audit_entry.user_id': AUDIT,
  'audit_entry.api_key_id': AUDIT,
  'audit_entry.request_id': AUDIT,
  'company.industry': RARE,
  'contact.company_name': 'companies are found by search and by company_id',
  'contact.source': RARE,
  'contact.birthday': RARE,
  'deal.source': RARE,
  'deal.probability': 'a number for each stage: few values',
  'deal.status': 'four values; who wants one of them filters, which has an index',
  'dunning_step_run.step': 'a few steps',
  'invoice.payable_e4': 'what is due has an index, and is what people look for',
  'invoice.source': 'a few values',
  'invoice.source_id': 'a deal knows its invoice',
  'payment.credit_e4': 'asked by customer, which has an index',
  'subscription.cancel_at': RARE,
  'task.remind_at': 'reminders are promises; nobody looks for them by time',
};
