import { controller, crud, post } from '#kernel';
import { Reason } from '../invoices/void-invoice.ts';
import { AllocatePayment, Allocating } from './allocate-payment.ts';
import { CancelPayment } from './cancel-payment.ts';
import { CreatePayment, NewPayment } from './create-payment.ts';
import { DisputePayment } from './dispute-payment.ts';
import { FailPayment } from './fail-payment.ts';
import { Payment, paymentList } from './payment.ts';
import { PaymentView } from './payment-view.ts';
import { RefundPayment, Refunding } from './refund-payment.ts';
import { ResolveDispute, Resolving } from './resolve-dispute.ts';
import { isHeld } from './states.ts';
import { SucceedPayment, Succeeding } from './succeed-payment.ts';

type Row = Record<string, unknown>;
const is = (status: string) => (row: Row) => row.status === status;
const answers = PaymentView as never;

const standard = crud({
  of: Payment,
  called: 'a payment',
  view: PaymentView,
  list: paymentList as never,
  create: [CreatePayment, NewPayment],
  remove: false,
});

export const PaymentsController = controller(
  'payments',
  {
    ...standard,
    create: post('', CreatePayment, {
      does: 'Record a payment: it pays the named invoices, else the oldest first, and the rest is credit',
      body: NewPayment,
      example: { contact_id: '019a9f5e-0000-7000-8000-000000000001', amount: '250.00', currency: 'EUR', method: 'bank_transfer' },
      answers,
      again: true,
      problems: ['payment.no_rate', 'payment.mixed_currencies', 'payment.not_payable', 'payment.other_customer'],
    }),
    allocate: post(':id/allocate', AllocatePayment, {
      does: 'Give what is left of a payment to invoices',
      body: Allocating,
      answers,
      when: (row) => isHeld(row.status as string),
      problems: [
        'payment.status',
        'payment.mixed_currencies',
        'payment.allocation_too_large',
        'payment.not_payable',
        'payment.other_customer',
      ],
    }),
    refund: post(':id/refund', RefundPayment, {
      does: 'Pay a payment back, or a part of it',
      body: Refunding,
      answers,
      when: (row) => isHeld(row.status as string),
      problems: ['payment.status', 'payment.refund_too_large'],
    }),
    succeed: post(':id/succeed', SucceedPayment, {
      does: 'Say that the money of a pending payment is there',
      body: Succeeding,
      answers,
      when: is('pending'),
      problems: ['payment.status', 'payment.no_rate'],
    }),
    fail: post(':id/fail', FailPayment, {
      does: 'Say that a pending payment did not come',
      body: Reason,
      answers,
      when: is('pending'),
      problems: ['payment.status'],
    }),
    cancel: post(':id/cancel', CancelPayment, {
      does: 'Call a pending payment off',
      body: Reason,
      answers,
      when: is('pending'),
      problems: ['payment.status'],
    }),
    dispute: post(':id/dispute', DisputePayment, {
      does: 'Say that the payer has had the money taken back: what it paid is due again',
      body: Reason,
      answers,
      when: is('succeeded'),
      problems: ['payment.status'],
    }),
    resolve: post(':id/resolve', ResolveDispute, {
      does: 'Say how a dispute ended',
      body: Resolving,
      answers,
      when: is('disputed'),
      problems: ['payment.status'],
    }),
  },
  { of: Payment },
);
