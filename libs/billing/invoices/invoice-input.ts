import { camelCased } from '#kernel';
import { z } from 'zod';
import { Invoice } from './invoice.ts';
import { ExtraInput, LineInput } from './pricing.ts';

const NAMES = [
  'billingEntityId',
  'customerAccountId',
  'contactId',
  'companyId',
  'kind',
  'currency',
  'pricesIncludeTax',
  'issueDate',
  'dueDate',
  'reference',
  'notes',
  'ownerId',
  'custom',
  'lines',
  'allowances',
  'charges',
  'prepaid',
];
/** What a caller sends to make or change a draft. Absent is unchanged (or the default), null clears. */
export interface DraftInput {
  billingEntityId?: string;
  customerAccountId?: string;
  contactId?: string;
  companyId?: string;
  kind?: 'invoice' | 'proforma';
  currency?: string;
  pricesIncludeTax?: boolean;
  issueDate?: string | null;
  dueDate?: string | null;
  reference?: string | null;
  notes?: string | null;
  ownerId?: string | null;
  custom?: Record<string, unknown>;
  lines?: LineInput[];
  allowances?: ExtraInput[];
  charges?: ExtraInput[];
  prepaid?: bigint;
}
const { fields } = Invoice;
const lines = z.array(LineInput).min(1).max(1000);
const extras = z.array(ExtraInput).max(50).optional();
const shape = {
  billing_entity_id: fields.billingEntityId.check.optional().meta({ description: 'Who sells; the default one unless given' }),
  customer_account_id: fields.customerAccountId.check.optional(),
  contact_id: z.guid().toLowerCase().optional().meta({ description: 'Instead of the customer account, which is made when there is none' }),
  company_id: z.guid().toLowerCase().optional().meta({ description: 'Instead of the customer account, which is made when there is none' }),
  kind: z.enum(['invoice', 'proforma']).optional().meta({ description: 'Credit notes are made from invoices' }),
  currency: fields.currency.check.optional().meta({ description: 'That of the customer account unless given' }),
  prices_include_tax: fields.pricesIncludeTax.check.optional(),
  issue_date: fields.issueDate.check.optional(),
  due_date: fields.dueDate.check.optional(),
  reference: fields.reference.check.optional(),
  notes: fields.notes.check.optional(),
  owner_id: fields.ownerId.check.optional(),
  custom: fields.custom.check.optional(),
  allowances: extras,
  charges: extras,
  prepaid: fields.prepaid.check.optional(),
};

export const NewInvoice = camelCased<DraftInput & { lines: LineInput[] }>(NAMES, z.strictObject({ ...shape, lines })).meta({
  id: 'NewInvoice',
});
export const InvoiceChanges = camelCased<DraftInput>(NAMES, z.strictObject({ ...shape, lines: lines.optional() })).meta({
  id: 'InvoiceChanges',
});

export const example = {
  currency: 'EUR',
  issue_date: '2026-03-31',
  due_date: '2026-04-30',
  lines: [{ description: 'Hours', quantity: '20', unit_price: '12.36', discount_percent: '12.5', tax_percent: '21', tax_category: 'S' }],
  prepaid: '0',
};
