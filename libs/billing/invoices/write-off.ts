import { currency, day, entity, List, money, ref, text } from '#kernel';
import { CustomerAccount } from '../customers/customer-account.ts';
import { Invoice } from './invoice.ts';

/** What was given up of an invoice, and why. It stays when a late payment comes: what is still given up then is said by the invoice. */
export class WriteOff extends entity(
  'write_off',
  {
    customerAccountId: ref(() => CustomerAccount),
    invoiceId: ref(() => Invoice),
    amount: money({ min: 1n }),
    currency: currency(),
    writtenOffOn: day(),
    reason: text({ max: 500 }).optional(),
  },
  { appendOnly: true, checks: { amount: 'amount_e4 > 0' } },
) {}
const WriteOffView = WriteOff.view('id', 'invoiceId', 'amount', 'currency', 'writtenOffOn', 'reason', 'createdAt', 'createdBy');
export const writeOffList = new List(WriteOffView, {
  sorts: ['createdAt', 'writtenOffOn'],
  filters: ['writtenOffOn', 'createdAt'],
});
