import { onTimeline } from '#crm';
import { formatAmount } from '#kernel';
import { Invoice } from './invoices/invoice.ts';
import { Payment } from './payments/payment.ts';

const amounts =
  (...names: string[]) =>
  (detail: Record<string, unknown>) => ({
    ...detail,
    ...Object.fromEntries(names.map((name) => [name, formatAmount(BigInt(detail[name] as string), detail.currency as string)])),
  });

onTimeline({
  kind: 'invoice',
  of: Invoice,
  title: 'number',
  detail: {
    kind: 'kind',
    status: 'status',
    payable: 'payable_e4',
    due: 'due_e4',
    currency: 'currency',
    issue_date: 'issue_date',
    due_date: 'due_date',
    issued_at: 'issued_at',
  },
  finish: amounts('payable', 'due'),
});

onTimeline({
  kind: 'payment',
  of: Payment,
  title: 'reference',
  detail: {
    status: 'status',
    method: 'method',
    amount: 'amount_e4',
    refunded: 'refunded_e4',
    credit: 'credit_e4',
    currency: 'currency',
    received_on: 'received_on',
    external_id: 'external_id',
  },
  finish: amounts('amount', 'refunded', 'credit'),
});
