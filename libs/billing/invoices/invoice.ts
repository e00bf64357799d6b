import { Address, Company, Contact } from '#crm';
import {
  businessRecord,
  choice,
  currency,
  day,
  flag,
  json,
  moment,
  money,
  note,
  now,
  problem,
  ref,
  snake,
  text,
  today,
  uuid,
  whole,
} from '#kernel';
import { z } from 'zod';
import { BillingEntity } from '../billing-entities/billing-entity.ts';
import { CustomerAccount } from '../customers/customer-account.ts';
import { TAX_CATEGORIES } from './arithmetic.ts';
import type { InvoiceLine } from './invoice-line.ts';
import type { InvoiceTax } from './invoice-tax.ts';
import { KINDS, STATUSES } from './kinds.ts';

const category = z.enum(TAX_CATEGORIES);
/** An allowance or a charge, in wire form. Its shares say what of it falls to which tax; where it names a tax there is one. */
const ExtraShown = z
  .object({
    reason: z.string().nullable(),
    amount: z.string(),
    tax_category: category.nullable(),
    tax_percent: z.string().nullable(),
    net: z.string(),
    shares: z.array(z.object({ tax_category: category, tax_percent: z.string(), amount: z.string(), net: z.string() })),
  })
  .meta({ id: 'InvoiceExtra' });
export type ExtraShown = z.output<typeof ExtraShown>;
/** What is printed of the buyer, and of the seller: frozen when the invoice is issued. */
const CustomerShown = z
  .object({
    name: z.string(),
    email: z.string().nullable(),
    address: Address.nullable(),
    tax_id: z.string().nullable(),
    registration_number: z.string().nullish(),
    electronic_address: z.string().nullish(),
    buyer_reference: z.string().nullish(),
  })
  .meta({ id: 'InvoiceCustomer' });
const SellerShown = z
  .object({
    name: z.string(),
    address: Address.nullable(),
    email: z.string().nullable(),
    vat_id: z.string().nullable(),
    tax_number: z.string().nullable(),
    registration_number: z.string().nullable(),
    electronic_address: z.string().nullish(),
    bank_details: z.record(z.string(), z.string()).nullable(),
    footer: z.string().nullable(),
  })
  .meta({ id: 'InvoiceSeller' });
export type SellerShown = z.output<typeof SellerShown>;

/**
 * An invoice, a credit note or a proforma. A draft has no number and may be changed and deleted; an issued one is never changed: a credit
 * note corrects it. What is due on it is the sum of its ledger entries; a credit note's is below zero, until it has been used up.
 */
export class Invoice extends businessRecord(
  'invoice',
  {
    billingEntityId: ref(() => BillingEntity),
    customerAccountId: ref(() => CustomerAccount),
    contactId: ref(() => Contact).optional(),
    companyId: ref(() => Company).optional(),
    kind: choice(KINDS, 'invoice'),
    number: text({ max: 80 }).optional(),
    // Where its number comes from: the period of the series, and the count in it.
    series: text({ min: 0, max: 7 }).optional(),
    sequence: whole({ min: 1 }).optional(),
    status: choice(STATUSES, 'draft'),
    issueDate: day().optional().describe('Of a draft: the day it will bear; the day of the issue unless given'),
    dueDate: day().optional().describe('Of a draft: the terms of the customer unless given'),
    currency: currency(),
    timeZone: text({ max: 64 }),
    pricesIncludeTax: flag(),
    allowances: json(z.array(ExtraShown)).or([]),
    charges: json(z.array(ExtraShown)).or([]),
    linesTotal: money(),
    allowancesTotal: money(),
    chargesTotal: money(),
    net: money(),
    tax: money(),
    gross: money(),
    rounding: money(),
    prepaid: money({ min: 0n }).or(0n),
    payable: money(),
    // What the e-invoice states, see arithmetic.ts.
    einvoiceTax: money(),
    einvoiceRounding: money(),
    // Allocated from payments; of a credit note: paid back.
    paid: money().or(0n),
    // Taken off by credit notes; of a credit note: given to invoices.
    credited: money().or(0n),
    writtenOff: money().or(0n),
    due: money().or(0n),
    reference: text({ max: 200 }).optional().describe('Of the buyer: an order number, say'),
    notes: note({ max: 2000 }).optional().describe('Printed on it'),
    reason: text({ max: 500 }).optional().describe('Why it was credited, voided or written off'),
    source: choice(['manual', 'deal', 'subscription', 'invoice'], 'manual'),
    sourceId: uuid().optional(),
    precedingInvoiceId: ref('invoice').optional().describe('Of a credit note: what it corrects'),
    customer: json(CustomerShown),
    seller: json(SellerShown).optional(),
    issuedAt: moment().optional(),
    sentAt: moment().optional(),
    voidedAt: moment().optional(),
    contentHash: text({ max: 64 }).optional().describe('SHA-256 of what was issued'),
    // The document_design it is printed in. No reference to be checked while the numbers are locked: designs are never removed.
    designId: uuid().optional(),
    // The storage key of the logo its seller had, for a design without one.
    sellerLogo: text({ max: 300 }).optional().quiet(),
  },
  {
    unique: [
      { on: ['billingEntityId', 'kind', 'number'], where: 'number is not null' },
      { on: ['billingEntityId', 'kind', 'series', 'sequence'], where: 'number is not null' },
      { on: ['sourceId'], where: "source = 'deal' and status <> 'voided'" },
    ],
    index: [
      ['status', 'createdAt', 'id'],
      ['issueDate', 'id'],
      ['dueDate', 'id'],
      ['number', 'id'],
      ['due', 'id'],
      ['customerAccountId', 'createdAt', 'id'],
      // What is open of a customer, on either side.
      ['customerAccountId', 'currency', 'due'],
      // Beside the ledger's own, in the same order: what was due on a day is told by two indexes read side by side, without the table.
      ['id', 'deletedAt', 'dueDate'],
      ['updatedAt', 'id'],
      // Credit notes are few, and have a list of their own in each of these orders.
      ...['createdAt', 'updatedAt', 'issueDate', 'number', 'due'].map((field) => ({
        name: `invoice_credit_notes_${snake(field)}_index`,
        on: [field, 'id'],
        where: "kind = 'credit_note'",
      })),
    ],
    checks: {
      net: 'net_e4 = lines_total_e4 - allowances_total_e4 + charges_total_e4',
      gross: 'gross_e4 = net_e4 + tax_e4',
      payable: 'payable_e4 = gross_e4 + rounding_e4 - prepaid_e4',
      einvoice: 'gross_e4 + rounding_e4 = net_e4 + einvoice_tax_e4 + einvoice_rounding_e4',
      rounding: 'prices_include_tax or rounding_e4 = 0',
      numbered: "case status when 'draft' then num_nonnulls(number, series, sequence) = 0 else num_nulls(number, series, sequence) = 0 end",
      issued: "status = 'draft' or num_nulls(issue_date, due_date, issued_at, seller, content_hash) = 0",
      dates: 'due_date >= issue_date',
      parts: `written_off_e4 >= 0 and case when payable_e4 < 0 then paid_e4 <= 0 and credited_e4 <= 0
        else paid_e4 >= 0 and credited_e4 >= 0 end`,
      due: `due_e4 = case when status in ('draft', 'voided') or kind = 'proforma' then 0
        when kind = 'credit_note' then -(payable_e4 - paid_e4 - credited_e4) else payable_e4 - paid_e4 - credited_e4 - written_off_e4 end`,
      settled:
        "case status when 'paid' then due_e4 = 0 when 'written_off' then due_e4 = 0 and written_off_e4 > 0 " +
        "when 'voided' then voided_at is not null else true end",
      untouched: "case when status in ('draft', 'voided') then paid_e4 = 0 and credited_e4 = 0 and written_off_e4 = 0 else true end",
      correction: "(kind = 'credit_note') = (preceding_invoice_id is not null)",
    },
    withParts: true,
    search: ['new.number', "new.customer ->> 'name'", 'new.reference'],
  },
) {
  /** Set by what loads or makes an invoice whole; see contents.ts. */
  declare lines?: InvoiceLine[];
  declare taxes?: InvoiceTax[];

  /** Its lines are others than they were: it has a new version, whose audit entry tells them. */
  reworded(before: readonly object[], after: readonly object[]): void {
    this.retell({ lines: before }, { lines: after });
    this.updatedAt = now();
  }

  isDraft(): boolean {
    return this.status === 'draft';
  }

  /** Freezes a draft. The content hash is set after it, for it is over all of this. */
  issue(given: Pick<Invoice, 'number' | 'series' | 'sequence' | 'issueDate' | 'dueDate' | 'customer' | 'seller'>, at: Date): void {
    Object.assign(this, given, { issuedAt: at });
    this.settle();
    this.record(new InvoiceIssued(this.id, this.kind, this.number!, this.customerAccountId, this.payable, this.currency));
  }

  /** Takes it back; its number stays. @throws invoice.cannot_void */
  void(at: Date, reason?: string): void {
    const untouched = this.paid === 0n && this.credited === 0n && this.writtenOff === 0n;
    if (this.isDraft() || this.kind === 'credit_note' || !untouched) throw cannotVoid();
    Object.assign(this, { status: 'voided', due: 0n, voidedAt: at, reason: reason ?? this.reason });
    this.record(new InvoiceVoided(this.id, this.number!, this.customerAccountId));
  }

  /** Gives up what is still due, and says how much that was. @throws invoice.nothing_due */
  writeOff(reason?: string): bigint {
    const amount = this.due;
    if (amount <= 0n || this.kind !== 'invoice') throw nothingDue();
    this.writtenOff += amount;
    this.reason = reason ?? this.reason;
    this.settle();
    this.record(new InvoiceWrittenOff(this.id, this.customerAccountId, amount, this.currency));
    return amount;
  }

  /** What a payment could still be used for, in e4: what is due, and what was written off. */
  owed(): bigint {
    return this.kind === 'invoice' && this.due >= 0n ? this.due + this.writtenOff : 0n;
  }

  /** What it still has to give to invoices, in e4: a credit note, or an invoice over less than nothing. */
  toGive(): bigint {
    return this.kind !== 'proforma' && this.due < 0n ? -this.due : 0n;
  }

  /**
   * Takes a part of a payment, or of the credit of another document: at most what is owed. What is due is paid first; then what was
   * written off comes back, and how much of that is the answer. Amounts in e4.
   */
  receive(amount: bigint, by: 'payment' | 'credit'): bigint {
    const back = amount > this.due ? amount - this.due : 0n;
    this.writtenOff -= back;
    if (by === 'payment') this.paid += amount;
    else this.credited += amount;
    this.settle();
    return back;
  }

  /** Loses what a payment had paid of it: the money went back. */
  lose(amount: bigint): void {
    const { due } = this;
    this.paid -= amount;
    this.settle();
    if (due === 0n && this.due > 0n) this.record(new InvoiceDueAgain(this.id, this.customerAccountId));
  }

  /** Gives back what it had received, before it is voided: nothing of it will be due. */
  release(amount: bigint, by: 'payment' | 'credit'): void {
    if (by === 'payment') this.paid -= amount;
    else this.credited -= amount;
    this.settle();
  }

  /** Gives a part of its credit to an invoice. */
  give(amount: bigint): void {
    this.credited += this.kind === 'credit_note' ? amount : -amount;
    this.settle();
  }

  /** Its credit is paid back to the customer. */
  payBack(amount: bigint): void {
    this.paid += this.kind === 'credit_note' ? amount : -amount;
    this.settle();
  }

  /** Takes what a credit note gives: up to what is due, and what was written off comes back first. Amounts in e4. */
  take(noteId: string, offered: bigint): { given: bigint; back: bigint } {
    const back = least(this.writtenOff, offered);
    this.writtenOff -= back;
    this.settle();
    const given = least(this.due < 0n ? 0n : this.due, offered);
    this.credited += given;
    this.settle();
    this.record(new InvoiceCredited(this.id, noteId, this.customerAccountId, offered, this.currency));
    return { given, back };
  }

  /** What is due, and the status that follows from it, after something was paid, credited or written off. */
  settle(): void {
    if (this.kind === 'proforma') return void (this.status = 'issued');
    const open = this.payable - this.paid - this.credited;
    this.due = this.kind === 'credit_note' ? -open : open - this.writtenOff;
    const former = this.status;
    if (this.due !== 0n) this.status = this.paid === 0n ? 'issued' : 'partially_paid';
    else this.status = this.writtenOff > 0n ? 'written_off' : 'paid';
    if (this.status === 'paid' && former !== 'paid' && this.kind === 'invoice')
      this.record(new InvoicePaid(this.id, this.customerAccountId, this.payable, this.currency));
  }
}

const least = (a: bigint, b: bigint) => (a < b ? a : b);

export const cannotVoid = problem(
  'invoice.cannot_void',
  409,
  'Only an issued invoice that nothing was paid on or credited of can be voided',
);
export const nothingDue = problem('invoice.nothing_due', 409, 'Only an issued invoice with something due can be written off');

/** Whether it should have been paid by now: the day is over in the zone of the seller. Takes a row in wire form. */
export const isOverdue = (row: { status: string; due: string; due_date: string | null; time_zone: string }): boolean =>
  (row.status === 'issued' || row.status === 'partially_paid') &&
  /^[^-]*[1-9]/.test(row.due) &&
  row.due_date !== null &&
  row.due_date < today(row.time_zone);

export class InvoiceIssued {
  constructor(
    readonly id: string,
    readonly kind: string,
    readonly number: string,
    readonly customerAccountId: string,
    readonly payable: bigint,
    readonly currency: string,
  ) {}
}
export class InvoiceVoided {
  constructor(
    readonly id: string,
    readonly number: string,
    readonly customerAccountId: string,
  ) {}
}
export class InvoiceWrittenOff {
  constructor(
    readonly id: string,
    readonly customerAccountId: string,
    readonly amount: bigint,
    readonly currency: string,
  ) {}
}
/** Nothing is due on it any more: it was paid, or credited, or both. It may become due again when a payment goes back. */
export class InvoicePaid {
  constructor(
    readonly id: string,
    readonly customerAccountId: string,
    readonly payable: bigint,
    readonly currency: string,
  ) {}
}
/** What had been paid of it went back to the customer. */
export class InvoiceDueAgain {
  constructor(
    readonly id: string,
    readonly customerAccountId: string,
  ) {}
}
/** A credit note took something off an invoice. The credit note itself is issued as any invoice is. */
export class InvoiceCredited {
  constructor(
    readonly id: string,
    readonly creditNoteId: string,
    readonly customerAccountId: string,
    readonly amount: bigint,
    readonly currency: string,
  ) {}
}
