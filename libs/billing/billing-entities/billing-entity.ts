import { currency, email, entity, Field, flag, isTimeZone, json, List, metadata, note, problem, text, whole } from '#kernel';
import { address } from '#crm';
import { z } from 'zod';
import { electronicAddress } from '../einvoice/electronic-address.ts';
import type { Invoice } from '../invoices/invoice.ts';
import { isPattern } from '../invoices/numbering.ts';

const line = (max: number) => z.string().trim().min(1).max(max);
const BankDetails = z
  .strictObject({
    account_holder: line(200).optional(),
    iban: line(34).optional(),
    bic: line(11).optional(),
    bank_name: line(200).optional(),
  })
  .meta({ id: 'BankDetails', example: { account_holder: 'Harbour Clinic Ltd', iban: 'DE02120300000000202051', bic: 'BYLADEM1001' } });

const checkedText = (max: number, is: (typed: string) => boolean, what: string, example: string) =>
  new Field<string>('text', { type: 'string', length: max }, z.string().trim().max(max).refine(is, what), z.string().meta({ example }));
const zone = () => checkedText(64, isTimeZone, 'not an IANA time zone', 'Europe/Berlin');
const pattern = (standard: string) =>
  checkedText(60, isPattern, 'not a pattern of {YYYY}, {YY}, {MM} and a count such as {00000} at its end', standard).or(standard);

/**
 * A legal seller. An organization has at least one, and exactly one that is its default. Legal data that is missing only stops the
 * e-invoice.
 */
export class BillingEntity extends entity(
  'billing_entity',
  {
    name: text({ max: 200 }).describe('The legal name', 'Harbour Clinic Ltd'),
    isDefault: flag().or(false).describe('Who sells where nobody else is named'),
    address: address(),
    email: email().optional(),
    vatId: text({ max: 30 }).optional().describe('With its country', 'DE123456789'),
    taxNumber: text({ max: 40 }).optional(),
    registrationNumber: text({ max: 40 }).optional(),
    electronicAddress: electronicAddress().optional(),
    currency: currency(),
    timeZone: zone().describe('Its days begin and end here, and so do its years', 'Europe/Berlin'),
    bankDetails: json(BankDetails).optional(),
    // The storage key of the logo; set by what uploads it.
    logo: text({ max: 300 }).optional(),
    termsDays: whole({ max: 730 }).or(30).describe('Days from the issue of an invoice until it is due'),
    pricesIncludeTax: flag().or(false),
    invoicePattern: pattern('INV-{YYYY}-{00000}'),
    creditNotePattern: pattern('CN-{YYYY}-{00000}'),
    proformaPattern: pattern('PRO-{YYYY}-{00000}'),
    footer: note({ max: 2000 }).optional().describe('Printed under each invoice'),
    emailsRecurring: flag().or(true).describe('Invoices of subscriptions are e-mailed to the customer when they are issued'),
    custom: metadata(),
  },
  { unique: [{ on: ['isDefault'], where: 'is_default' }] },
) {
  /** Tells of what it has just issued, all at once: a run issues a hundred invoices with one or two due dates. */
  issued(kind: Issued['kind'], documents: readonly Issued[]): void {
    const recurring = documents.filter(({ source }) => source === 'subscription').map(({ id }) => id);
    const single = documents.filter(({ source }) => source !== 'subscription').map(({ id }) => id);
    const dueDates = [...new Set(documents.flatMap(({ dueDate }) => dueDate ?? []))];
    this.record(new InvoicesIssued(this.id, kind, recurring, single, dueDates, this.timeZone));
  }
}

/** What a seller needs to know of a document that was just issued, of whatever kind. */
type Issued = Readonly<Pick<Invoice, 'id' | 'kind' | 'source' | 'dueDate'>>;

/**
 * Documents of one kind were issued in one transaction. Each one tells of itself besides, see InvoiceIssued; but a run issues hundreds, and what
 * is to be done about them is done for all at once.
 */
export class InvoicesIssued {
  constructor(
    /** Of the seller. */
    readonly id: string,
    readonly kind: Issued['kind'],
    /** What subscriptions billed, and what somebody issued: ids. */
    readonly recurring: readonly string[],
    readonly single: readonly string[],
    readonly dueDates: readonly string[],
    readonly timeZone: string,
  ) {}
}

export const noBillingEntity = problem('billing_entity.missing', 422, 'There is no default billing entity: say who sells');
export const defaultEntityStays = problem(
  'billing_entity.is_default',
  409,
  'The default billing entity stays until another one is the default',
);
export const entityInUse = problem('billing_entity.in_use', 409, 'This billing entity has invoices or subscriptions');

const WRITABLE = [
  'name',
  'address',
  'email',
  'vatId',
  'taxNumber',
  'registrationNumber',
  'electronicAddress',
  'currency',
  'timeZone',
  'bankDetails',
  'termsDays',
  'pricesIncludeTax',
  'invoicePattern',
  'creditNotePattern',
  'proformaPattern',
  'footer',
  'emailsRecurring',
  'custom',
  'isDefault',
] as const;
export const NewBillingEntity = BillingEntity.input(...WRITABLE).meta({ id: 'NewBillingEntity' });
export const BillingEntityChanges = BillingEntity.patch(...WRITABLE).meta({ id: 'BillingEntityChanges' });
export const BillingEntityView = BillingEntity.view('id', ...WRITABLE, 'logo', 'createdAt', 'updatedAt', 'version')
  .and({ has_logo: [z.boolean(), (row: { logo: string | null }) => row.logo !== null] as const })
  .without('logo');
export const billingEntityList = new List(BillingEntityView, {
  sorts: ['createdAt', 'name'],
  filters: ['name', 'currency', 'isDefault', 'createdAt'],
});
