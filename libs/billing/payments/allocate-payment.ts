import { camelCased, Command, EntityManager, Handles, money, problem, today } from '#kernel';
import { z } from 'zod';
import type { Invoice } from '../invoices/invoice.ts';
import { allocate, openOf, pay } from './allocate.ts';
import { fits, mixedCurrencies } from './convert.ts';
import { namedInvoices } from './named.ts';
import { Payment, wrongStatus } from './payment.ts';
import { isHeld } from './states.ts';
import { loadPayment, type WholePayment } from './whole-payment.ts';

interface Part {
  invoiceId: string;
  amount?: bigint;
}
interface ToAllocate {
  invoiceIds?: string[];
  allocations?: Part[];
}
const part = camelCased<Part>(
  ['invoiceId', 'amount'],
  z.strictObject({
    invoice_id: z.guid().toLowerCase(),
    amount: money({ min: 1n }).check.optional().meta({ description: 'As much as is owed and there unless given' }),
  }),
);
export const Allocating = camelCased<ToAllocate>(
  ['invoiceIds', 'allocations'],
  z.strictObject({
    invoice_ids: z
      .array(z.guid().toLowerCase())
      .min(1)
      .max(500)
      .optional()
      .meta({ description: 'In this order; the oldest first unless given' }),
    allocations: z.array(part).min(1).max(500).optional().meta({ description: 'Instead of invoice_ids: how much each gets' }),
  }),
).meta({ id: 'Allocating' });
export const allocationTooLarge = problem(
  'payment.allocation_too_large',
  422,
  'More than what is left of the payment, or owed on the invoice',
);

/**
 * Gives the credit of a payment to invoices that are named, or to what is open, the oldest first.
 * @throws payment.status, payment.mixed_currencies, payment.allocation_too_large
 */
export class AllocatePayment extends Command<Payment> {
  constructor(
    readonly id: string,
    readonly input: ToAllocate = {},
  ) {
    super();
  }
}

@Handles(AllocatePayment, 'allocate', Payment)
class Handler {
  constructor(private readonly em: EntityManager) {}

  async execute({ id, input: { invoiceIds, allocations } }: AllocatePayment) {
    const payment = await loadPayment(this.em, id);
    if (!isHeld(payment.status)) throw wrongStatus('Only a payment that has come can be allocated');
    if (allocations) await this.parts(payment, allocations);
    else {
      const open = invoiceIds
        ? await this.named(payment, invoiceIds, (i) => `/invoice_ids/${i}`)
        : await openOf(this.em, payment, payment.credit);
      allocate(this.em, payment, open, dayOf(open));
    }
    return payment;
  }

  /** @throws payment.mixed_currencies: it counts in its own currency by now, and is converted no more. */
  private async named(
    { customerAccountId, currency }: Payment,
    ids: readonly string[],
    pointer: (i: number) => string,
  ): Promise<Invoice[]> {
    const invoices = await namedInvoices(this.em, customerAccountId, ids, pointer);
    const other = invoices.find((invoice) => invoice.currency !== currency);
    if (!other) return invoices;
    const message = `is in ${other.currency}, the payment in ${currency}`;
    throw mixedCurrencies(undefined, { details: [{ pointer: pointer(ids.indexOf(other.id)), code: 'currency', message }] });
  }

  private async parts(payment: WholePayment, parts: readonly Part[]): Promise<void> {
    const ids = parts.map(({ invoiceId }) => invoiceId);
    const invoices = await this.named(payment, ids, (i) => `/allocations/${i}/invoice_id`);
    parts.forEach(({ invoiceId, amount }, i) => {
      const invoice = invoices.find((one) => one.id === invoiceId)!;
      const most = invoice.owed() < payment.credit ? invoice.owed() : payment.credit;
      const wanted = amount ?? most;
      const at = `/allocations/${i}/amount`;
      fits(wanted, payment.currency, at);
      if (wanted > most)
        throw allocationTooLarge(undefined, { details: [{ pointer: at, code: 'too_large', message: 'is more than is left or owed' }] });
      if (wanted > 0n) pay(this.em, payment, invoice, wanted, today(invoice.timeZone));
    });
  }
}

const dayOf = ([first]: readonly Invoice[]) => (first ? today(first.timeZone) : undefined);
