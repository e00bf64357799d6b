import type { TaxCategory } from '../invoices/arithmetic.ts';
import type { ElectronicAddress } from './electronic-address.ts';

/**
 * An e-invoice as EN 16931-1 sees it, in no syntax yet. Beside each field stands its business term; a term that is not here is one that
 * nothing we keep could fill (payee, tax representative, cards, attachments). Amounts are in e4, days YYYY-MM-DD, other numbers decimals.
 * Null is what is not said, also where the standard demands it: check.ts finds that.
 */
export interface EInvoice {
  readonly number: string | null; // BT-1
  readonly issueDate: string | null; // BT-2
  readonly type: '380' | '381'; // BT-3, UNTDID 1001: commercial invoice, credit note
  readonly currency: string; // BT-5, ISO 4217
  readonly dueDate: string | null; // BT-9
  readonly buyerReference: string | null; // BT-10
  readonly order: string | null; // BT-13
  readonly terms: string | null; // BT-20
  readonly note: string | null; // BT-22
  readonly preceding: { readonly number: string | null; readonly issueDate: string | null } | null; // BG-3: BT-25, BT-26
  readonly seller: Party; // BG-4
  readonly buyer: Party; // BG-7
  readonly delivery: { readonly date: string | null; readonly country: string | null } | null; // BG-13: BT-72, BT-80
  readonly period: Period | null; // BG-14: BT-73, BT-74
  readonly payment: Payment | null; // BG-16
  readonly allowances: readonly DocumentExtra[]; // BG-20
  readonly charges: readonly DocumentExtra[]; // BG-21
  readonly totals: DocumentTotals; // BG-22
  readonly taxes: readonly TaxBreakdown[]; // BG-23
  readonly lines: readonly Line[]; // BG-25
}

/** BG-4 of the seller, BG-7 of the buyer. */
export interface Party {
  readonly name: string | null; // BT-27, BT-44
  readonly identifier: string | null; // BT-29, BT-46
  readonly registration: string | null; // BT-30, BT-47
  readonly vatId: string | null; // BT-31, BT-48
  readonly taxNumber: string | null; // BT-32, of the seller alone
  readonly legal: string | null; // BT-33, of the seller alone
  readonly electronicAddress: ElectronicAddress | null; // BT-34, BT-49
  readonly address: PostalAddress | null; // BG-5, BG-8
  readonly email: string | null; // BT-43, BT-58
}
export interface PostalAddress {
  readonly street: string | null; // BT-35, BT-50
  readonly street2: string | null; // BT-36, BT-51
  readonly city: string | null; // BT-37, BT-52
  readonly postalCode: string | null; // BT-38, BT-53
  readonly region: string | null; // BT-39, BT-54
  readonly country: string | null; // BT-40, BT-55, ISO 3166-1 alpha-2
}
/** BG-14, or BG-26 of a line. */
export interface Period {
  readonly start: string | null; // BT-73, BT-134
  readonly end: string | null; // BT-74, BT-135
}
export interface Payment {
  readonly means: string; // BT-81, UNTDID 4461
  readonly remittance: string | null; // BT-83
  readonly account: string | null; // BT-84, an IBAN
  readonly accountName: string | null; // BT-85
  readonly bic: string | null; // BT-86
}
/** What is taxed in one way: a category of UNTDID 5305 and a percent, which category O has none of. */
export interface Taxed {
  readonly category: TaxCategory; // BT-95, BT-102, BT-118, BT-151
  readonly percent: string | null; // BT-96, BT-103, BT-119, BT-152
}
export interface DocumentExtra extends Taxed {
  readonly amount: bigint; // BT-92, BT-99
  readonly reason: string | null; // BT-97, BT-104
  readonly reasonCode: string | null; // BT-98, BT-105
}
export interface DocumentTotals {
  readonly lines: bigint; // BT-106
  readonly allowances: bigint; // BT-107
  readonly charges: bigint; // BT-108
  readonly net: bigint; // BT-109
  readonly tax: bigint; // BT-110
  readonly gross: bigint; // BT-112
  readonly prepaid: bigint; // BT-113
  readonly rounding: bigint; // BT-114
  readonly payable: bigint; // BT-115
}
export interface TaxBreakdown extends Taxed {
  readonly taxable: bigint; // BT-116
  readonly tax: bigint; // BT-117
  readonly reason: string | null; // BT-120
  readonly reasonCode: string | null; // BT-121
}
export interface Line extends Taxed {
  readonly id: string; // BT-126
  readonly quantity: string; // BT-129
  readonly unit: string; // BT-130
  readonly net: bigint; // BT-131
  readonly period: Period | null; // BG-26
  readonly discount: Discount | null; // BG-27
  readonly price: string; // BT-146, of one unit, without tax
  readonly name: string | null; // BT-153
  readonly description: string | null; // BT-154
  readonly unitName: string | null; // BG-32: a unit that has no code, by its name
}
/** BG-27. Its base (BT-137) is quantity × price, which is the net of the line and the discount together. */
export interface Discount {
  readonly amount: bigint; // BT-136
  readonly percent: string | null; // BT-138
  readonly reason: string | null; // BT-139
  readonly reasonCode: string | null; // BT-140
}

export const baseOf = ({ net, discount }: Pick<Line, 'net' | 'discount'>): bigint => net + (discount?.amount ?? 0n);

/** Which specification an e-invoice says it keeps: the standard itself, or Peppol BIS Billing 3, which demands a little more. */
export const PROFILES = ['en16931', 'peppol'] as const;
export type Profile = (typeof PROFILES)[number];
/** BT-24. */
export const SPECIFICATION: Readonly<Record<Profile, string>> = {
  en16931: 'urn:cen.eu:en16931:2017',
  peppol: 'urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0',
};
/** BT-23. */
export const PROCESS: Readonly<Record<Profile, string | null>> = {
  en16931: null,
  peppol: 'urn:fdc:peppol.eu:2017:poacc:billing:01:1.0',
};
