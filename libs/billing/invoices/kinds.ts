/** A proforma has a number of its own series, is never owed, and is in no ledger. */
export const KINDS = ['invoice', 'credit_note', 'proforma'] as const;
export type Kind = (typeof KINDS)[number];
export const STATUSES = ['draft', 'issued', 'partially_paid', 'paid', 'written_off', 'voided'] as const;
