import { LockMode } from '@mikro-orm/core';
import { type EntityManager, latest, type Scribe } from '#kernel';
import { enter } from '../ledger/enter.ts';
import { Invoice } from '../invoices/invoice.ts';
import { allocated, oldestFirst } from './allocation.ts';
import { Payment } from './payment.ts';
import { PaymentAllocation } from './payment-allocation.ts';
import type { WholePayment } from './whole-payment.ts';

/** Invoices of a customer, locked in the order of their ids, whoever may see them. The customer must be locked. */
const locked = (em: EntityManager, where: object): Promise<Invoice[]> =>
  em.find(Invoice, where, { orderBy: { id: 'asc' }, lockMode: LockMode.PESSIMISTIC_WRITE, filters: { allowed: false } });

/** Those that are there, in the order they are named. */
export async function invoicesOf(em: EntityManager, ids: readonly string[]): Promise<Invoice[]> {
  const found = new Map((ids.length ? await locked(em, { id: { $in: [...ids] } }) : []).map((invoice) => [invoice.id, invoice]));
  return [...new Set(ids)].flatMap((id) => found.get(id) ?? []);
}

type Whose = Pick<Payment, 'customerAccountId' | 'currency'>;
/** What is open of a customer, the oldest first; then what was written off, which a late payment still pays. */
export async function openOf(em: EntityManager, { customerAccountId, currency }: Whose, amount: bigint): Promise<Invoice[]> {
  const due = await locked(em, { customerAccountId, currency, kind: 'invoice', due: { $gt: 0n } });
  const enough = due.reduce((sum, one) => sum + one.due, 0n) >= amount;
  const lost = enough ? [] : await locked(em, { customerAccountId, currency, kind: 'invoice', writtenOff: { $gt: 0n } });
  return [...new Set([...sorted(due), ...sorted(lost)])];
}
/** Issued invoices have both dates. */
const sorted = (invoices: readonly Invoice[]) => {
  const by = new Map(invoices.map((invoice) => [invoice.id, invoice]));
  return oldestFirst(
    invoices.map(({ id, due, dueDate, issueDate, number }) => ({ id, due, dueDate: dueDate!, issueDate: issueDate!, number })),
  ).map(({ id }) => by.get(id)!);
};

export const dayOfGiver = (from: Payment | Invoice): string => (from instanceof Payment ? from.receivedOn : from.issueDate!);

interface Given {
  from: Payment | Invoice;
  to: Invoice;
  amount: bigint;
  day: string;
  /** What it has of it already. */
  row?: PaymentAllocation | null;
}
/** Writes down that a document gives to an invoice: the giver's side, the allocation, and the pair in the ledger. */
export function give(em: Scribe, given: Given): PaymentAllocation {
  given.from.give(given.amount);
  return handOver(em, given);
}
/** The same for a document that is still being made: its own side is settled when it has its number. */
export function handOver(em: Scribe, { from, to, amount, day, row }: Given): PaymentAllocation {
  enter(em, from, { kind: 'allocation', amount, day });
  enter(em, to, { kind: 'allocation', amount: -amount, day });
  if (row) return Object.assign(row, { amount: row.amount + amount });
  const source = from instanceof Payment ? { paymentId: from.id } : { creditNoteId: from.id };
  return em.create(PaymentAllocation, { ...source, invoiceId: to.id, amount, currency: to.currency });
}

/**
 * What a document that is still being made has to give pays what else the customer owes, the oldest first; the rest is his credit. Answers
 * with how much it was, in e4. The customer must be locked.
 */
export async function setOff(em: EntityManager, from: Invoice, amount: bigint, day: string): Promise<bigint> {
  let left = amount;
  for (const to of left > 0n ? await openOf(em, from, left) : []) {
    const part = to.due < left ? to.due : left;
    if (part <= 0n) continue;
    to.receive(part, 'credit');
    handOver(em, { from, to, amount: part, day: latest(day, to.issueDate) });
    left -= part;
  }
  return amount - left;
}

/** Gives the credit of a payment to invoices, in this order, until it is used up; what is left stays credit. */
export function allocate(em: EntityManager, payment: WholePayment, invoices: readonly Invoice[], on?: string): void {
  const open = invoices.map((one) => ({ id: one.id, due: one.owed(), dueDate: one.dueDate!, issueDate: one.issueDate! }));
  for (const { id, amount } of allocated(payment.credit, open).allocations)
    pay(
      em,
      payment,
      invoices.find((one) => one.id === id)!,
      amount,
      on,
    );
}

/** Gives so much of a payment to an invoice: at most its credit, at most what is owed. */
export function pay(em: EntityManager, payment: WholePayment, invoice: Invoice, amount: bigint, on?: string): void {
  const day = latest(payment.receivedOn, invoice.issueDate, on);
  const row = payment.allocations.find(({ invoiceId }) => invoiceId === invoice.id);
  enter(em, invoice, { kind: 'write_off_reversal', amount: invoice.receive(amount, 'payment'), day });
  const given = give(em, { from: payment, to: invoice, amount, day, row });
  if (!row) payment.allocations.push(given);
}

/** Takes back what a payment gave, the last first, until so much is free: these invoices are due again. Amounts in e4. */
export async function takeBack(em: EntityManager, payment: WholePayment, amount: bigint, on: string): Promise<Invoice[]> {
  let left = amount;
  const touched: Invoice[] = [];
  const rows = [...payment.allocations].reverse();
  const invoices = new Map(
    (
      await invoicesOf(
        em,
        rows.map(({ invoiceId }) => invoiceId),
      )
    ).map((one) => [one.id, one]),
  );
  for (const row of rows) {
    if (left <= 0n) break;
    const invoice = invoices.get(row.invoiceId)!;
    const part = row.amount < left ? row.amount : left;
    const day = latest(payment.receivedOn, invoice.issueDate, on);
    enter(em, payment, { kind: 'allocation', amount: -part, day });
    enter(em, invoice, { kind: 'allocation', amount: part, day });
    payment.takeBack(part);
    invoice.lose(part);
    if (part === row.amount) row.remove();
    else row.amount -= part;
    left -= part;
    touched.push(invoice);
  }
  payment.allocations = payment.allocations.filter(({ deletedAt }) => !deletedAt);
  for (const invoice of touched) await useOwnNotes(em, invoice, on);
  return touched;
}

/** Takes back all that an invoice was given: it is credit of its givers again. Its customer must be locked. */
export async function release(em: EntityManager, invoice: Invoice): Promise<void> {
  const rows = await em.find(PaymentAllocation, { invoiceId: invoice.id }, { orderBy: { id: 'asc' } });
  const notes = await invoicesOf(
    em,
    rows.flatMap(({ creditNoteId }) => creditNoteId ?? []),
  );
  const payments = await em.find(
    Payment,
    { id: { $in: rows.flatMap(({ paymentId }) => paymentId ?? []) } },
    { orderBy: { id: 'asc' }, lockMode: LockMode.PESSIMISTIC_WRITE, filters: { allowed: false } },
  );
  for (const row of rows) {
    const from = [...notes, ...payments].find(({ id }) => id === row.paymentId || id === row.creditNoteId)!;
    const day = latest(dayOfGiver(from), invoice.issueDate);
    enter(em, from, { kind: 'allocation', amount: -row.amount, day });
    enter(em, invoice, { kind: 'allocation', amount: row.amount, day });
    if (from instanceof Payment) from.takeBack(row.amount);
    else from.give(-row.amount);
    invoice.release(row.amount, from instanceof Payment ? 'payment' : 'credit');
    row.remove();
  }
}

/** An invoice that is due again is credited by what its own credit notes still have to give. */
async function useOwnNotes(em: EntityManager, invoice: Invoice, on: string): Promise<void> {
  const notes = await locked(em, { precedingInvoiceId: invoice.id, due: { $lt: 0n } });
  for (const note of notes) {
    const amount = note.toGive() < invoice.due ? note.toGive() : invoice.due;
    if (amount <= 0n) continue;
    const row = await em.findOne(PaymentAllocation, { creditNoteId: note.id, invoiceId: invoice.id });
    const day = latest(invoice.issueDate, note.issueDate, on);
    invoice.receive(amount, 'credit');
    give(em, { from: note, to: invoice, amount, day, row });
  }
}
