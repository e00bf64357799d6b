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
  SPECIFICATION,
  type TaxBreakdown,
  type Taxed,
} from './einvoice.ts';
import { branch, leaf, xml } from './xml.ts';

const UNCEFACT = 'urn:un:unece:uncefact:data:standard';

/**
 * The text of factur-x.xml: UN/CEFACT Cross Industry Invoice D16B, in the order of its schemas, by the syntax binding CEN/TS 16931-3-3;
 * the profile EN 16931 of Factur-X 1.0.
 */
export function facturXml(invoice: EInvoice): string {
  const { seller, buyer, delivery, preceding } = invoice;
  const root = branch(
    'rsm:CrossIndustryInvoice',
    [
      branch('rsm:ExchangedDocumentContext', [
        branch('ram:GuidelineSpecifiedDocumentContextParameter', [leaf('ram:ID', SPECIFICATION.en16931)]),
      ]),
      branch('rsm:ExchangedDocument', [
        leaf('ram:ID', invoice.number),
        leaf('ram:TypeCode', invoice.type),
        dayOf('ram:IssueDateTime', invoice.issueDate),
        branch('ram:IncludedNote', [leaf('ram:Content', invoice.note)]),
      ]),
      branch('rsm:SupplyChainTradeTransaction', [
        invoice.lines.map((line) => lineOf(line, invoice.currency)),
        branch('ram:ApplicableHeaderTradeAgreement', [
          leaf('ram:BuyerReference', invoice.buyerReference),
          partyOf('ram:SellerTradeParty', seller),
          partyOf('ram:BuyerTradeParty', buyer),
          branch('ram:BuyerOrderReferencedDocument', [leaf('ram:IssuerAssignedID', invoice.order)]),
        ]),
        // Demanded by the schema, also when there is nothing in it.
        branch('ram:ApplicableHeaderTradeDelivery', [
          branch('ram:ShipToTradeParty', [branch('ram:PostalTradeAddress', [leaf('ram:CountryID', delivery?.country ?? null)])]),
          branch('ram:ActualDeliverySupplyChainEvent', [dayOf('ram:OccurrenceDateTime', delivery?.date ?? null)]),
        ]) ?? { name: 'ram:ApplicableHeaderTradeDelivery', attributes: {}, content: '' },
        branch('ram:ApplicableHeaderTradeSettlement', [
          leaf('ram:PaymentReference', invoice.payment?.remittance ?? null),
          leaf('ram:InvoiceCurrencyCode', invoice.currency),
          paymentOf(invoice.payment),
          invoice.taxes.map((row) => breakdownOf(row, invoice.currency)),
          periodOf(invoice.period),
          invoice.allowances.map((one) => extraOf(one, 'false', invoice.currency)),
          invoice.charges.map((one) => extraOf(one, 'true', invoice.currency)),
          branch('ram:SpecifiedTradePaymentTerms', [leaf('ram:Description', invoice.terms), dayOf('ram:DueDateDateTime', invoice.dueDate)]),
          totalsOf(invoice),
          branch('ram:InvoiceReferencedDocument', [
            leaf('ram:IssuerAssignedID', preceding?.number ?? null),
            dayOf('ram:FormattedIssueDateTime', preceding?.issueDate ?? null, 'qdt'),
          ]),
        ]),
      ]),
    ],
    {
      'xmlns:rsm': `${UNCEFACT}:CrossIndustryInvoice:100`,
      'xmlns:ram': `${UNCEFACT}:ReusableAggregateBusinessInformationEntity:100`,
      'xmlns:qdt': `${UNCEFACT}:QualifiedDataType:100`,
      'xmlns:udt': `${UNCEFACT}:UnqualifiedDataType:100`,
    },
  );
  return xml(root!);
}

/** A day as 20260331: format 102 of UNTDID 2379. */
const dayOf = (name: string, day: string | null, prefix: 'udt' | 'qdt' = 'udt') =>
  branch(name, [leaf(`${prefix}:DateTimeString`, day && day.replaceAll('-', ''), { format: '102' })]);
const periodOf = (period: Period | null) =>
  branch('ram:BillingSpecifiedPeriod', [dayOf('ram:StartDateTime', period?.start ?? null), dayOf('ram:EndDateTime', period?.end ?? null)]);
const indicator = (is: 'true' | 'false') => branch('ram:ChargeIndicator', [leaf('udt:Indicator', is)]);

function lineOf(line: Line, currency: string) {
  const { discount } = line;
  return branch('ram:IncludedSupplyChainTradeLineItem', [
    branch('ram:AssociatedDocumentLineDocument', [leaf('ram:LineID', line.id)]),
    branch('ram:SpecifiedTradeProduct', [
      leaf('ram:Name', line.name),
      leaf('ram:Description', line.description),
      line.unitName === null
        ? null
        : branch('ram:ApplicableProductCharacteristic', [leaf('ram:Description', 'Unit'), leaf('ram:Value', line.unitName)]),
    ]),
    branch('ram:SpecifiedLineTradeAgreement', [branch('ram:NetPriceProductTradePrice', [leaf('ram:ChargeAmount', line.price)])]),
    branch('ram:SpecifiedLineTradeDelivery', [leaf('ram:BilledQuantity', line.quantity, { unitCode: line.unit })]),
    branch('ram:SpecifiedLineTradeSettlement', [
      taxOf('ram:ApplicableTradeTax', line),
      periodOf(line.period),
      discount &&
        branch('ram:SpecifiedTradeAllowanceCharge', [
          indicator('false'),
          leaf('ram:CalculationPercent', discount.percent),
          discount.percent === null ? null : leaf('ram:BasisAmount', formatAmount(baseOf(line), currency)),
          leaf('ram:ActualAmount', formatAmount(discount.amount, currency)),
          leaf('ram:ReasonCode', discount.reasonCode),
          leaf('ram:Reason', discount.reason),
        ]),
      branch('ram:SpecifiedTradeSettlementLineMonetarySummation', [leaf('ram:LineTotalAmount', formatAmount(line.net, currency))]),
    ]),
  ]);
}

const taxOf = (name: string, { category, percent }: Taxed) =>
  branch(name, [leaf('ram:TypeCode', 'VAT'), leaf('ram:CategoryCode', category), leaf('ram:RateApplicablePercent', percent)]);

const breakdownOf = ({ category, percent, taxable, tax, reason, reasonCode }: TaxBreakdown, currency: string) =>
  branch('ram:ApplicableTradeTax', [
    leaf('ram:CalculatedAmount', formatAmount(tax, currency)),
    leaf('ram:TypeCode', 'VAT'),
    leaf('ram:ExemptionReason', reason),
    leaf('ram:BasisAmount', formatAmount(taxable, currency)),
    leaf('ram:CategoryCode', category),
    leaf('ram:ExemptionReasonCode', reasonCode),
    leaf('ram:RateApplicablePercent', percent),
  ]);

const extraOf = (extra: DocumentExtra, isCharge: 'true' | 'false', currency: string) =>
  branch('ram:SpecifiedTradeAllowanceCharge', [
    indicator(isCharge),
    leaf('ram:ActualAmount', formatAmount(extra.amount, currency)),
    leaf('ram:ReasonCode', extra.reasonCode),
    leaf('ram:Reason', extra.reason),
    taxOf('ram:CategoryTradeTax', extra),
  ]);

function totalsOf({ totals, currency, allowances, charges }: EInvoice) {
  const amount = (name: string, e4: bigint) => leaf(name, formatAmount(e4, currency));
  return branch('ram:SpecifiedTradeSettlementHeaderMonetarySummation', [
    amount('ram:LineTotalAmount', totals.lines),
    charges.length ? amount('ram:ChargeTotalAmount', totals.charges) : null,
    allowances.length ? amount('ram:AllowanceTotalAmount', totals.allowances) : null,
    amount('ram:TaxBasisTotalAmount', totals.net),
    leaf('ram:TaxTotalAmount', formatAmount(totals.tax, currency), { currencyID: currency }),
    totals.rounding === 0n ? null : amount('ram:RoundingAmount', totals.rounding),
    amount('ram:GrandTotalAmount', totals.gross),
    totals.prepaid === 0n ? null : amount('ram:TotalPrepaidAmount', totals.prepaid),
    amount('ram:DuePayableAmount', totals.payable),
  ]);
}

const partyOf = (name: string, party: Party) =>
  branch(name, [
    leaf('ram:ID', party.identifier),
    leaf('ram:Name', party.name),
    leaf('ram:Description', party.legal),
    branch('ram:SpecifiedLegalOrganization', [leaf('ram:ID', party.registration)]),
    branch('ram:DefinedTradeContact', [branch('ram:EmailURIUniversalCommunication', [leaf('ram:URIID', party.email)])]),
    addressOf(party.address),
    branch('ram:URIUniversalCommunication', [
      leaf('ram:URIID', party.electronicAddress?.id ?? null, { schemeID: party.electronicAddress?.scheme ?? '' }),
    ]),
    branch('ram:SpecifiedTaxRegistration', [leaf('ram:ID', party.vatId, { schemeID: 'VA' })]),
    branch('ram:SpecifiedTaxRegistration', [leaf('ram:ID', party.taxNumber, { schemeID: 'FC' })]),
  ]);

const addressOf = (address: PostalAddress | null) =>
  address &&
  branch('ram:PostalTradeAddress', [
    leaf('ram:PostcodeCode', address.postalCode),
    leaf('ram:LineOne', address.street),
    leaf('ram:LineTwo', address.street2),
    leaf('ram:CityName', address.city),
    leaf('ram:CountryID', address.country),
    leaf('ram:CountrySubDivisionName', address.region),
  ]);

const paymentOf = (payment: Payment | null) =>
  payment &&
  branch('ram:SpecifiedTradeSettlementPaymentMeans', [
    leaf('ram:TypeCode', payment.means),
    branch('ram:PayeePartyCreditorFinancialAccount', [leaf('ram:IBANID', payment.account), leaf('ram:AccountName', payment.accountName)]),
    branch('ram:PayeeSpecifiedCreditorFinancialInstitution', [leaf('ram:BICID', payment.bic)]),
  ]);
