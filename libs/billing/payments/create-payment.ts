import { alreadyThere, call, camelCased, Command, EntityManager, Handles, invalid, tenantId, today } from '#kernel';
import { z } from 'zod';
import { defaultEntity } from '../billing-entities/default-entity.ts';
import { customerOf } from '../customers/customer.ts';
import { lockCustomers } from '../ledger/lock.ts';
import { Invoice } from '../invoices/invoice.ts';
import { worthOf } from './convert.ts';
import { namedInvoices } from './named.ts';
import { Payment } from './payment.ts';
import { receive } from './receive.ts';
import { loadPayment, type WholePayment } from './whole-payment.ts';

export interface PaymentInput {
  contactId?: string;
  companyId?: string;
  customerAccountId?: string;
  amount: bigint;
  currency?: string;
  method?: Payment['method'];
  externalId?: string | null;
  receivedOn?: string;
  invoiceIds?: string[];
  status?: 'pending' | 'succeeded';
  reference?: string | null;
  notes?: string | null;
  custom?: Record<string, unknown>;
}
const { fields } = Payment;
const id = z.guid().toLowerCase().optional();
const KEYS = [
  'contactId',
  'companyId',
  'customerAccountId',
  'amount',
  'currency',
  'method',
  'externalId',
  'receivedOn',
  'invoiceIds',
  'status',
  'reference',
  'notes',
  'custom',
];
export const NewPayment = camelCased<PaymentInput>(
  KEYS,
  z.strictObject({
    contact_id: id.meta({ description: 'One of contact_id, company_id and customer_account_id; that of the invoices unless given' }),
    company_id: id,
    customer_account_id: id,
    amount: fields.amount.check,
    currency: fields.currency.check.optional().meta({ description: 'That of the customer unless given' }),
    method: fields.method.check.optional(),
    external_id: fields.externalId.check.optional(),
    received_on: fields.receivedOn.check.optional(),
    invoice_ids: z.array(z.guid().toLowerCase()).max(500).optional().meta({ description: 'What it pays; the oldest first unless given' }),
    status: z.enum(['pending', 'succeeded']).optional().meta({ description: 'succeeded unless given' }),
    reference: fields.reference.check.optional(),
    notes: fields.notes.check.optional(),
    custom: fields.custom.check.optional(),
  }),
).meta({ id: 'NewPayment' });

/** Records money that came in, or is announced. Once per external id: told of it again, it answers with the payment that is there. */
export class CreatePayment extends Command<Payment> {
  constructor(readonly input: PaymentInput) {
    super();
  }
}

@Handles(CreatePayment, 'create', Payment)
class Handler {
  constructor(private readonly em: EntityManager) {}

  async execute({ input }: CreatePayment) {
    const known = input.externalId ? await this.known(input.externalId) : null;
    // Locked: what it pays may be growing just now, and an answer tells of one moment.
    if (known) return alreadyThere(await loadPayment(this.em, known.id));
    const { account } = await customerOf(this.em, await this.whose(input), input.currency);
    await lockCustomers(this.em, [account.id]);
    const named = input.invoiceIds?.length ? await namedInvoices(this.em, account.id, input.invoiceIds) : null;
    const zone = named?.[0]?.timeZone ?? (await defaultEntity(this.em)).timeZone;
    const { amount, currency = account.currency, receivedOn = today(zone) } = input;
    if (receivedOn > today(zone)) call().warnings.push({ code: 'payment.dated_ahead', message: `${receivedOn} has not come yet` });
    const worth = await worthOf(this.em, account, { amount, currency, receivedOn }, named);
    const payment = this.em.create(Payment, {
      ...worth,
      customerAccountId: account.id,
      contactId: account.contactId,
      companyId: account.companyId,
      method: input.method ?? 'other',
      externalId: input.externalId ?? null,
      receivedOn,
      intendedFor: input.invoiceIds ?? null,
      reference: input.reference ?? null,
      notes: input.notes ?? null,
      custom: input.custom ?? {},
    });
    const made: WholePayment = Object.assign(payment, { allocations: [], refunds: [] });
    if (input.status !== 'pending') await receive(this.em, made, named);
    return made;
  }

  /** Two that come at once with one external id, for whomever, queue up here: the second finds what the first has made. */
  private async known(externalId: string): Promise<Payment | null> {
    await this.em.execute('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`${tenantId()} payment ${externalId}`]);
    return this.em.findOne(Payment, { externalId }, { disableIdentityMap: true });
  }

  private async whose(input: PaymentInput) {
    const { contactId, companyId, customerAccountId, invoiceIds } = input;
    if (contactId || companyId || customerAccountId || !invoiceIds?.length) return { contactId, companyId, customerAccountId };
    // Read without being kept: it is read again when it is locked.
    const invoice = await this.em.findOne(Invoice, { id: invoiceIds[0]! }, { disableIdentityMap: true });
    if (invoice) return { customerAccountId: invoice.customerAccountId };
    throw invalid('invoice_ids/0 is not an invoice', {
      details: [{ pointer: '/invoice_ids/0', code: 'not_found', message: 'is not an invoice' }],
    });
  }
}
