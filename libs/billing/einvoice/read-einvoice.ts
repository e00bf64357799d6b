import { Company, Contact } from '#crm';
import { missing, problem, type Read } from '#kernel';
import type { Kind } from '../invoices/kinds.ts';
import { check, type Finding } from './check.ts';
import type { EInvoice, Profile } from './einvoice.ts';
import { einvoiceOf } from './from-invoice.ts';
import { CustomerNow, EInvoiceSource, PrecedingInvoice, SellerNow } from './source.ts';

export const noEInvoice = problem('invoice.no_einvoice', 409, 'Only an issued invoice or credit note has an e-invoice');
export const einvoiceIncomplete = problem('invoice.einvoice_incomplete', 422, 'Something is missing that an e-invoice must state');
export const einvoiceImpossible = problem('invoice.einvoice_impossible', 422, 'This invoice cannot be stated as an e-invoice');

const ContactAddress = Contact.view('id', 'address').named('EInvoiceContact');
const CompanyAddress = Company.view('id', 'address').named('EInvoiceCompany');

/**
 * Reads an issued invoice or credit note as an e-invoice, unchecked; what its parties were not known for at the issue is taken from what is
 * known of them now. For queries; a command that has the rows calls einvoiceOf itself.
 * @throws not_found, invoice.no_einvoice
 */
export async function readEInvoice(read: Read, id: string, kind?: Kind): Promise<EInvoice> {
  const source = await read.one(EInvoiceSource, id);
  if (kind && source.kind !== kind) throw missing('Credit note');
  if (source.status === 'draft' || source.kind === 'proforma') throw noEInvoice();
  const idsOf = (one: string | null) => (one === null ? [] : [one]);
  const [sellers, accounts, contacts, companies, preceding] = await Promise.all([
    read.many(SellerNow, [source.billing_entity_id]),
    read.many(CustomerNow, [source.customer_account_id]),
    read.many(ContactAddress, idsOf(source.contact_id)),
    read.many(CompanyAddress, idsOf(source.company_id)),
    read.many(PrecedingInvoice, idsOf(source.preceding_invoice_id)),
  ]);
  const account = accounts.get(source.customer_account_id);
  const of = contacts.get(source.contact_id ?? '') ?? companies.get(source.company_id ?? '');
  return einvoiceOf(source, {
    seller: sellers.get(source.billing_entity_id),
    customer: { ...account, address: account?.address ?? of?.address ?? null },
    preceding: preceding.get(source.preceding_invoice_id ?? ''),
  });
}

/** @throws invoice.einvoice_incomplete with all that is to be completed, invoice.einvoice_impossible when completing does not help */
export function mustConform(invoice: EInvoice, profile: Profile): void {
  const findings = check(invoice, profile);
  if (findings.length === 0) return;
  const refuse = findings.every(({ pointer }) => pointer !== null) ? einvoiceIncomplete : einvoiceImpossible;
  throw refuse(undefined, { details: findings.map(detailOf) });
}
const detailOf = ({ rule, pointer, message }: Finding) => ({ ...(pointer ? { pointer } : {}), code: rule, message });
