import { controller, crud, get, listing, listUnder, post, today } from '#kernel';
import { invoiceDeliveryList } from '../documents/invoice-delivery.ts';
import { InvoiceFacturX } from '../documents/invoice-factur-x.ts';
import { InvoicePdf } from '../documents/invoice-pdf.ts';
import { Sending, SendInvoice } from '../documents/send-invoice.ts';
import { InvoiceUbl, UblQuery } from '../einvoice/invoice-ubl.ts';
import { CreateInvoice } from './create-invoice.ts';
import { Crediting, CreditInvoice } from './credit-invoice.ts';
import { RefundCreditNote } from '../payments/refund-credit-note.ts';
import { Refunding } from '../payments/refund-payment.ts';
import { DeleteInvoice } from './delete-invoice.ts';
import { DuplicateInvoice } from './duplicate-invoice.ts';
import { DealInvoice, InvoiceDeal } from './invoice-deal.ts';
import { example, InvoiceChanges, NewInvoice } from './invoice-input.ts';
import { Invoice } from './invoice.ts';
import { creditNoteList, invoiceList, InvoiceView } from './invoice-view.ts';
import { IssueInvoice, Issuing } from './issue-invoice.ts';
import { Previewed, PreviewInvoice } from './preview-invoice.ts';
import { ReadCreditNote } from './read-credit-note.ts';
import { RestoreInvoice } from './restore-invoice.ts';
import { UpdateInvoice } from './update-invoice.ts';
import { Reason, VoidInvoice } from './void-invoice.ts';
import { writeOffList } from './write-off.ts';
import { WriteOffInvoice } from './write-off-invoice.ts';

const isDraft = ({ status }: Record<string, unknown>) => status === 'draft';
const isSendable = ({ status }: Record<string, unknown>) => status !== 'draft' && status !== 'voided';
const isNothing = (amount: unknown) => !/[1-9]/.test(String(amount));
const isNegative = (amount: unknown) => String(amount).startsWith('-');
const grossOf = (row: Record<string, unknown>) => (row.totals as { gross: string }).gross;
const isBilled = (row: Record<string, unknown>) =>
  row.kind === 'invoice' && row.status !== 'draft' && row.status !== 'voided' && !isNegative(grossOf(row)) && !isNothing(grossOf(row));
const isUntouched = ({ status, kind, credited }: Record<string, unknown>) =>
  kind !== 'credit_note' && status === 'issued' && isNothing(credited);
const isAhead = ({ issue_date: day, time_zone: zone }: Record<string, unknown>) => String(day) > today(zone as string);
const isVoidable = (row: Record<string, unknown>) => isUntouched(row) || (isBilled(row) && isAhead(row));
const isOpen = ({ status, kind, due }: Record<string, unknown>) =>
  kind === 'invoice' && (status === 'issued' || status === 'partially_paid') && !isNegative(due);
const gives = ({ kind, due }: Record<string, unknown>) => kind === 'invoice' && isNegative(due);

const refund = (does: string) =>
  post(':id/refund', RefundCreditNote, {
    does,
    body: Refunding,
    answers: InvoiceView as never,
    problems: ['payment.refund_too_large'],
  });
const pdf = (does: string) => get(':id/pdf', InvoicePdf, { answers: 'file', does });
const ubl = (what: string) =>
  get(':id/ubl', InvoiceUbl, {
    does: `Download ${what} as an e-invoice: UBL 2.1 by EN 16931`,
    query: UblQuery,
    answers: 'file',
    problems: ['invoice.no_einvoice', 'invoice.einvoice_incomplete', 'invoice.einvoice_impossible'],
  });
const facturX = (what: string) =>
  get(':id/facturx', InvoiceFacturX, {
    does: `${what[0]!.toUpperCase()}${what.slice(1)} as Factur-X: a PDF/A-3 with the e-invoice inside`,
    answers: 'file',
    problems: ['invoice.no_einvoice', 'invoice.einvoice_incomplete', 'invoice.einvoice_impossible'],
  });

const standard = crud({
  of: Invoice,
  called: 'an invoice',
  view: InvoiceView,
  list: invoiceList as never,
  create: [CreateInvoice, NewInvoice, example],
  update: [UpdateInvoice, InvoiceChanges, { reference: 'PO 4711' }],
  remove: DeleteInvoice,
});

export const InvoicesController = controller(
  'invoices',
  {
    preview: post('preview', PreviewInvoice, {
      does: 'Work out an invoice without storing it',
      body: NewInvoice,
      answers: Previewed,
      status: 200,
      example,
    }),
    ...standard,
    update: { ...standard.update!, when: isDraft },
    delete: { ...standard.delete!, when: isDraft },
    restore: post(':id/restore', RestoreInvoice, { does: standard.restore!.does, answers: InvoiceView as never }),
    issue: post(':id/issue', IssueInvoice, {
      does: 'Issue a draft: it gets its number and is never changed again',
      body: Issuing,
      answers: InvoiceView as never,
      when: isDraft,
      problems: ['invoice.back_dated', 'invoice.dated_too_far', 'invoice.tax_id_needed', 'invoice.voided', 'tax_rate.not_valid'],
    }),
    send: post(':id/send', SendInvoice, {
      does: 'E-mail an issued invoice with its PDF; asked again it is sent again',
      body: Sending,
      answers: InvoiceView as never,
      when: isSendable,
      problems: ['invoice.cannot_send', 'invoice.no_address'],
    }),
    deliveries: listUnder(':id/deliveries', InvoiceView, 'invoiceId', invoiceDeliveryList, 'List whom an invoice was e-mailed to'),
    pdf: pdf('The PDF of an invoice; of a draft with the mark of one'),
    void: post(':id/void', VoidInvoice, {
      does: 'Take an issued invoice back; its number stays',
      body: Reason,
      answers: InvoiceView as never,
      when: isVoidable,
      problems: ['invoice.cannot_void'],
    }),
    writeOff: post(':id/write-off', WriteOffInvoice, {
      does: 'Give up what is still due on an invoice',
      body: Reason,
      answers: InvoiceView as never,
      when: isOpen,
      problems: ['invoice.nothing_due'],
    }),
    writeOffs: listUnder(':id/write-offs', InvoiceView, 'invoiceId', writeOffList, 'List what was given up of an invoice'),
    credit: post(':id/credit', CreditInvoice, {
      does: 'Correct an issued invoice by a credit note over some of its lines, or over all that is left',
      body: Crediting,
      answers: InvoiceView as never,
      status: 201,
      when: isBilled,
      problems: ['invoice.cannot_credit', 'invoice.credit_too_large', 'invoice.credits_nothing', 'invoice.back_dated'],
    }),
    refund: { ...refund('Pay back what an invoice over less than nothing gives, or a part of it'), when: gives },
    duplicate: post(':id/duplicate', DuplicateInvoice, {
      does: 'Draft an invoice of the same lines for the same customer',
      answers: InvoiceView as never,
      status: 201,
    }),
    ubl: ubl('an issued invoice'),
    facturx: facturX('an issued invoice'),
  },
  { of: Invoice },
);

const note = 'credit_note';
export const CreditNotesController = controller('credit-notes', {
  list: listing('', creditNoteList, 'List credit notes'),
  get: get(':id', ReadCreditNote, { answers: InvoiceView as never, does: 'Read a credit note' }),
  pdf: { ...pdf('The PDF of a credit note'), message: ([id]) => new InvoicePdf(id!, note) },
  ubl: { ...ubl('a credit note'), message: ([id], asked) => new InvoiceUbl(id!, asked as never, note) },
  facturx: { ...facturX('a credit note'), message: ([id]) => new InvoiceFacturX(id!, note) },
  refund: {
    ...refund('Pay the credit of a credit note back, or a part of it'),
    message: ([id], input) => new RefundCreditNote(id!, input as never, note),
  },
});

export const DealInvoiceController = controller('deals', {
  invoice: post(':id/invoice', InvoiceDeal, {
    does: 'Draft the invoice of a won deal',
    body: DealInvoice,
    answers: InvoiceView as never,
    status: 201,
    example: { tax_percent: '19' },
    problems: ['deal.not_won', 'deal.no_customer', 'already_exists', 'invoice.amount_too_large'],
  }),
});
