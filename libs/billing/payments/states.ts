export const PAYMENT_STATUSES = [
  'pending',
  'succeeded',
  'failed',
  'cancelled',
  'partially_refunded',
  'refunded',
  'disputed',
  'lost',
  'won',
] as const;
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];
export const METHODS = ['bank_transfer', 'card', 'cash', 'direct_debit', 'other'] as const;

/** Where a payment may go from where it is. Money that was disputed and won is ours again, and may be given back like any other. */
const WAYS: Record<PaymentStatus, readonly PaymentStatus[]> = {
  pending: ['succeeded', 'failed', 'cancelled'],
  succeeded: ['partially_refunded', 'refunded', 'disputed'],
  partially_refunded: ['partially_refunded', 'refunded'],
  disputed: ['lost', 'won'],
  won: ['partially_refunded', 'refunded'],
  refunded: [],
  failed: [],
  cancelled: [],
  lost: [],
};
export const leads = (from: PaymentStatus, to: PaymentStatus): boolean => WAYS[from].includes(to);
export const nextOf = (from: PaymentStatus): readonly PaymentStatus[] => WAYS[from];
/** Whether we have the money, or what is left of it. */
export const isHeld = (status: string): boolean => ['succeeded', 'partially_refunded', 'won'].includes(status);
