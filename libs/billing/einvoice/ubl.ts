import { formatAmount } from '#kernel';
import {
  baseOf,
  type DocumentExtra,
  type EInvoice,
  type Line,
  type Party,
  type Payment,
  type Period,
  type PostalAddress,
  PROCESS,
  type Profile,
  SPECIFICATION,
  type Taxed,
} from './einvoice.ts';
import { branch, type Element, leaf, xml } from './xml.ts';

const OASIS = 'urn:oasis:names:specification:ubl:schema:xsd';
/** What differs between the two documents of UBL: names alone, and that a credit note has no day on which it is due. */
const NAMES = {
  '380': { root: 'Invoice', type: 'cbc:InvoiceTypeCode', line: 'cac:InvoiceLine', quantity: 'cbc:InvoicedQuantity' },
  '381': { root: 'CreditNote', type: 'cbc:CreditNoteTypeCode', line: 'cac:CreditNoteLine', quantity: 'cbc:CreditedQuantity' },
} as const;

/** UBL 2.1, in the order of its schemas, by the syntax binding CEN/TS 16931-3-2. */
export function ubl(invoice: EInvoice, profile: Profile): string {
  const { type, currency, totals, delivery, terms, preceding } = invoice;
  const names = NAMES[type];
  const amount = (name: string, e4: bigint) => leaf(name, formatAmount(e4, currency), { currencyID: currency });
  const unlessZero = (name: string, e4: bigint) => (e4 === 0n ? null : amount(name, e4));
  const root = branch(
    names.root,
    [
      leaf('cbc:CustomizationID', SPECIFICATION[profile]),
      leaf('cbc:ProfileID', PROCESS[profile]),
      leaf('cbc:ID', invoice.number),
      leaf('cbc:IssueDate', invoice.issueDate),
      type === '380' ? leaf('cbc:DueDate', invoice.dueDate) : null,
      leaf(names.type, type),
      leaf('cbc:Note', invoice.note),
      leaf('cbc:DocumentCurrencyCode', currency),
      leaf('cbc:BuyerReference', invoice.buyerReference),
      periodOf(invoice.period),
      branch('cac:OrderReference', [leaf('cbc:ID', invoice.order)]),
      branch('cac:BillingReference', [
        branch('cac:InvoiceDocumentReference', [
          leaf('cbc:ID', preceding?.number ?? null),
          leaf('cbc:IssueDate', preceding?.issueDate ?? null),
        ]),
      ]),
      branch('cac:AccountingSupplierParty', [partyOf(invoice.seller)]),
      branch('cac:AccountingCustomerParty', [partyOf(invoice.buyer)]),
      branch('cac:Delivery', [
        leaf('cbc:ActualDeliveryDate', delivery?.date ?? null),
        branch('cac:DeliveryLocation', [branch('cac:Address', [countryOf(delivery?.country ?? null)])]),
      ]),
      paymentOf(invoice.payment),
      branch('cac:PaymentTerms', [leaf('cbc:Note', terms)]),
      invoice.allowances.map((one) => extraOf(one, 'false', amount)),
      invoice.charges.map((one) => extraOf(one, 'true', amount)),
      branch('cac:TaxTotal', [
        amount('cbc:TaxAmount', totals.tax),
        invoice.taxes.map((row) =>
          branch('cac:TaxSubtotal', [
            amount('cbc:TaxableAmount', row.taxable),
            amount('cbc:TaxAmount', row.tax),
            categoryOf('cac:TaxCategory', row, [
              leaf('cbc:TaxExemptionReasonCode', row.reasonCode),
              leaf('cbc:TaxExemptionReason', row.reason),
            ]),
          ]),
        ),
      ]),
      branch('cac:LegalMonetaryTotal', [
        amount('cbc:LineExtensionAmount', totals.lines),
        amount('cbc:TaxExclusiveAmount', totals.net),
        amount('cbc:TaxInclusiveAmount', totals.gross),
        invoice.allowances.length ? amount('cbc:AllowanceTotalAmount', totals.allowances) : null,
        invoice.charges.length ? amount('cbc:ChargeTotalAmount', totals.charges) : null,
        unlessZero('cbc:PrepaidAmount', totals.prepaid),
        unlessZero('cbc:PayableRoundingAmount', totals.rounding),
        amount('cbc:PayableAmount', totals.payable),
      ]),
      invoice.lines.map((line) => lineOf(line, names, amount)),
    ],
    {
      xmlns: `${OASIS}:${names.root}-2`,
      'xmlns:cac': `${OASIS}:CommonAggregateComponents-2`,
      'xmlns:cbc': `${OASIS}:CommonBasicComponents-2`,
    },
  );
  return xml(root!);
}

type Amount = (name: string, e4: bigint) => Element | null;

function lineOf(line: Line, names: (typeof NAMES)['380' | '381'], amount: Amount): Element | null {
  const { discount } = line;
  return branch(names.line, [
    leaf('cbc:ID', line.id),
    leaf(names.quantity, line.quantity, { unitCode: line.unit }),
    amount('cbc:LineExtensionAmount', line.net),
    periodOf(line.period),
    discount &&
      branch('cac:AllowanceCharge', [
        leaf('cbc:ChargeIndicator', 'false'),
        leaf('cbc:AllowanceChargeReasonCode', discount.reasonCode),
        leaf('cbc:AllowanceChargeReason', discount.reason),
        leaf('cbc:MultiplierFactorNumeric', discount.percent),
        amount('cbc:Amount', discount.amount),
        discount.percent === null ? null : amount('cbc:BaseAmount', baseOf(line)),
      ]),
    branch('cac:Item', [
      leaf('cbc:Description', line.description),
      leaf('cbc:Name', line.name),
      categoryOf('cac:ClassifiedTaxCategory', line),
      line.unitName === null ? null : branch('cac:AdditionalItemProperty', [leaf('cbc:Name', 'Unit'), leaf('cbc:Value', line.unitName)]),
    ]),
    branch('cac:Price', [priceOf(line, amount)]),
  ]);
}
/** A price has as many decimals as it needs. */
const priceOf = ({ price }: Line, amount: Amount) => leaf('cbc:PriceAmount', price, amount('', 0n)?.attributes);

const periodOf = (period: Period | null) =>
  branch('cac:InvoicePeriod', [leaf('cbc:StartDate', period?.start ?? null), leaf('cbc:EndDate', period?.end ?? null)]);
const countryOf = (country: string | null) => branch('cac:Country', [leaf('cbc:IdentificationCode', country)]);
const VAT = branch('cac:TaxScheme', [leaf('cbc:ID', 'VAT')]);

const categoryOf = (name: string, { category, percent }: Taxed, reasons: (Element | null)[] = []) =>
  branch(name, [leaf('cbc:ID', category), leaf('cbc:Percent', percent), reasons, VAT]);

const extraOf = (extra: DocumentExtra, isCharge: 'true' | 'false', amount: Amount) =>
  branch('cac:AllowanceCharge', [
    leaf('cbc:ChargeIndicator', isCharge),
    leaf('cbc:AllowanceChargeReasonCode', extra.reasonCode),
    leaf('cbc:AllowanceChargeReason', extra.reason),
    amount('cbc:Amount', extra.amount),
    categoryOf('cac:TaxCategory', extra),
  ]);

const partyOf = (party: Party) =>
  branch('cac:Party', [
    leaf('cbc:EndpointID', party.electronicAddress?.id ?? null, { schemeID: party.electronicAddress?.scheme ?? '' }),
    branch('cac:PartyIdentification', [leaf('cbc:ID', party.identifier)]),
    addressOf(party.address),
    party.vatId === null ? null : branch('cac:PartyTaxScheme', [leaf('cbc:CompanyID', party.vatId), VAT]),
    party.taxNumber === null
      ? null
      : branch('cac:PartyTaxScheme', [leaf('cbc:CompanyID', party.taxNumber), branch('cac:TaxScheme', [leaf('cbc:ID', 'TAX')])]),
    branch('cac:PartyLegalEntity', [
      leaf('cbc:RegistrationName', party.name),
      leaf('cbc:CompanyID', party.registration),
      leaf('cbc:CompanyLegalForm', party.legal),
    ]),
    branch('cac:Contact', [leaf('cbc:ElectronicMail', party.email)]),
  ]);

const addressOf = (address: PostalAddress | null) =>
  address &&
  branch('cac:PostalAddress', [
    leaf('cbc:StreetName', address.street),
    leaf('cbc:AdditionalStreetName', address.street2),
    leaf('cbc:CityName', address.city),
    leaf('cbc:PostalZone', address.postalCode),
    leaf('cbc:CountrySubentity', address.region),
    countryOf(address.country),
  ]);

const paymentOf = (payment: Payment | null) =>
  payment &&
  branch('cac:PaymentMeans', [
    leaf('cbc:PaymentMeansCode', payment.means),
    leaf('cbc:PaymentID', payment.remittance),
    branch('cac:PayeeFinancialAccount', [
      leaf('cbc:ID', payment.account),
      leaf('cbc:Name', payment.accountName),
      branch('cac:FinancialInstitutionBranch', [leaf('cbc:ID', payment.bic)]),
    ]),
  ]);
