import {
  camelCased,
  Command,
  EntityManager,
  fitsCurrency,
  fixed,
  formatAmount,
  formatFixed,
  Handles,
  invalid,
  missing,
  money,
  problem,
  today,
} from '#kernel';
import { z } from 'zod';
import { heirOf } from '../customers/owners.ts';
import { enter } from '../ledger/enter.ts';
import { handOver, setOff } from '../payments/allocate.ts';
import { priceOf, pricePer, sameTax, type Share, type Tax, taxOf } from './arithmetic.ts';
import { fill, loadOwed, taxOfLine, whole, type Whole } from './contents.ts';
import { type Billed, credit, type Credit, type CreditedLine, type Wanted } from './crediting.ts';
import { Invoice } from './invoice.ts';
import { InvoiceLine } from './invoice-line.ts';
import { issue } from './issue.ts';
import {
  type Content,
  type LineContent,
  referred,
  sharesOf,
  sharesShown,
  stillNamed,
  type TaxContent,
  taxContents,
  totalFields,
} from './pricing.ts';

interface LineToCredit {
  lineId?: string;
  position?: number;
  quantity?: string;
  amount?: bigint;
}
interface ToCredit {
  lines?: LineToCredit[];
  reason?: string | null;
  issueDate?: string | null;
}
const { issueDate } = Invoice.fields;
const line = camelCased<LineToCredit>(
  ['lineId', 'position', 'quantity', 'amount'],
  z.strictObject({
    line_id: z.guid().toLowerCase().optional(),
    position: z.int().min(1).optional().meta({ description: 'Instead of line_id' }),
    quantity: InvoiceLine.fields.quantity.check.optional().meta({ description: 'How much of it; all that is left unless given' }),
    amount: money().check.optional().meta({ description: 'Instead of a quantity: how much of its total' }),
  }),
);
export const Crediting = camelCased<ToCredit>(
  ['lines', 'reason', 'issueDate'],
  z.strictObject({
    lines: z.array(line).min(1).max(1000).optional().meta({ description: 'All that is left of the invoice unless given' }),
    reason: z.string().trim().min(1).max(500).nullish(),
    issue_date: issueDate.check.optional(),
  }),
).meta({ id: 'Crediting' });
export const cannotCredit = problem(
  'invoice.cannot_credit',
  409,
  'Only an issued invoice over more than nothing can be credited, from its day on',
);

/**
 * Corrects an issued invoice, not before its day: makes and issues a credit note over some of its lines, or over all that is left. It lowers what
 * is due on the invoice, then what else the customer owes; the rest is his credit.
 * @throws invoice.cannot_credit, invoice.credit_too_large, invoice.credits_nothing
 */
export class CreditInvoice extends Command<Invoice> {
  constructor(
    readonly id: string,
    readonly input: ToCredit = {},
  ) {
    super();
  }
}

@Handles(CreditInvoice, 'credit', Invoice)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, input }: CreditInvoice) {
    const invoice = await loadOwed(this.em, id);
    if (invoice.kind !== 'invoice' || invoice.isDraft() || invoice.status === 'voided' || invoice.gross + invoice.rounding <= 0n)
      throw cannotCredit();
    const day = dayOf(invoice, input.issueDate);
    const worked = credit(await billedBy(this.em, invoice), wantedOf(invoice, input.lines));
    const note = await draw(this.em, invoice, worked, { ...input, issueDate: day });
    const offered = note.payable;
    const { given, back } = invoice.take(note.id, offered);
    enter(this.em, invoice, { kind: 'write_off_reversal', amount: back, day, reason: input.reason });
    if (given) handOver(this.em, { from: note, to: invoice, amount: given, day });
    const others = await setOff(this.em, note, offered - given, day);
    await issue(this.em, [note], { issueDate: day });
    note.credited = given + others;
    note.settle();
    return note;
  }
}

/** The day of a credit note: today, or one since its invoice. What is dated ahead is voided instead. @throws invoice.cannot_credit */
function dayOf({ issueDate, timeZone }: Invoice, asked: string | null = null): string {
  const now = today(timeZone);
  if (issueDate! > now) throw cannotCredit(`It is of ${issueDate!}: void it, or credit it from then on`);
  if (asked && asked < issueDate!) throw refused('/issue_date', `is before the invoice, of ${issueDate!}`);
  if (asked && asked > now) throw refused('/issue_date', 'is still to come');
  return asked ?? now;
}

/** What was billed, and what earlier credit notes took of it, whoever may see them. */
async function billedBy(em: EntityManager, invoice: Whole): Promise<Billed> {
  const found = await em.find(Invoice, { precedingInvoiceId: invoice.id }, { filters: { allowed: false } });
  const notes: Whole[] = [];
  for (const note of found) notes.push(await whole(em, note));
  const taken = notes.flatMap(({ lines }) => lines);
  return {
    currency: invoice.currency,
    pricesIncludeTax: invoice.pricesIncludeTax,
    lines: invoice.lines.map((line) => {
      const of = taken.filter(({ creditsLineId }) => creditsLineId === line.id);
      const add = (figure: (one: InvoiceLine) => bigint) => of.reduce((sum, one) => sum + figure(one), 0n);
      const quantity = formatFixed(
        add((one) => fixed(one.creditsQuantity!, 6)),
        6,
      );
      return {
        quantity: line.quantity,
        total: line.total,
        net: line.net,
        tax: taxOfLine(line),
        credited: { quantity, total: add(({ total }) => total), net: add(({ net }) => net) },
      };
    }),
    allowances: sharesOf(invoice.allowances),
    charges: sharesOf(invoice.charges),
    taxes: taxesOf(invoice),
    credited: {
      allowances: notes.flatMap(({ allowances }) => sharesOf(allowances)),
      charges: notes.flatMap(({ charges }) => sharesOf(charges)),
      taxes: notes.flatMap(taxesOf),
      totals: [
        ...taken.map((line) => ({ tax: taxOfLine(line), total: line.total })),
        ...notes.flatMap(({ allowances }) => sharesOf(allowances).map(({ tax, total }) => ({ tax, total: -total }))),
        ...notes.flatMap(({ charges }) => sharesOf(charges)),
      ],
    },
  };
}
const taxesOf = ({ taxes }: Whole) => taxes.map(({ category, percent, taxable, tax }) => ({ ...taxOf(category, percent), taxable, tax }));

function wantedOf({ lines, currency }: Whole, asked: readonly LineToCredit[] | undefined): Wanted[] | null {
  if (!asked) return null;
  const wanted = asked.map(({ lineId, position, quantity, amount }, i) => {
    const line = lines.findIndex((one) => (lineId ? one.id === lineId : one.position === position));
    if (line < 0) throw noSuchLine(`/lines/${i}/${lineId ? 'line_id' : 'position'}`);
    if (quantity !== undefined && amount !== undefined) throw refused(`/lines/${i}/amount`, 'excludes quantity');
    if (amount !== undefined && !fitsCurrency(amount, currency)) throw refused(`/lines/${i}/amount`, `has more digits than ${currency}`);
    return { line, quantity, amount };
  });
  const twice = wanted.findIndex(({ line }, i) => wanted.findIndex((other) => other.line === line) !== i);
  if (twice >= 0) throw refused(`/lines/${twice}`, 'is named twice');
  return wanted;
}

/** Writes the credit note down, as a draft that says what it corrects. */
async function draw(em: EntityManager, invoice: Whole, worked: Credit, { reason, issueDate: day }: ToCredit): Promise<Whole> {
  const { currency } = invoice;
  const note = em.create(Invoice, {
    ...totalFields(worked.totals),
    billingEntityId: invoice.billingEntityId,
    customerAccountId: invoice.customerAccountId,
    contactId: invoice.contactId,
    companyId: invoice.companyId,
    kind: 'credit_note',
    issueDate: day ?? null,
    currency,
    timeZone: invoice.timeZone,
    pricesIncludeTax: invoice.pricesIncludeTax,
    reference: invoice.reference,
    reason: reason ?? null,
    ownerId: await heirOf(em, invoice),
    source: 'invoice',
    sourceId: invoice.id,
    precedingInvoiceId: invoice.id,
    customer: invoice.customer,
  });
  const found = await referred(em, { lines: invoice.lines });
  const lines = invoice.lines.map((line) => ({ ...line, ...stillNamed(line, found) }));
  return fill(em, note, creditContent({ currency, lines, taxes: invoice.taxes }, worked));
}

/** What stands on a credit note that was worked out for an invoice. */
export function creditContent(
  invoice: Pick<Whole, 'currency'> & { readonly lines: readonly LineCredited[]; readonly taxes: readonly TaxContent[] },
  worked: Credit,
): Content {
  const { currency } = invoice;
  const reasonOf = (tax: Tax) =>
    invoice.taxes.find(({ category, percent }) => sameTax(taxOf(category, percent), tax))?.exemptionReason ?? null;
  const extras = (shares: readonly Share[]) =>
    shares.map((share) => ({
      reason: null,
      amount: formatAmount(share.total, currency),
      tax_category: share.tax.category,
      tax_percent: share.tax.percent,
      ...sharesShown([share], currency),
    }));
  return {
    lines: worked.lines.map((credited, i) => lineOf(invoice.lines[credited.line]!, credited, i)),
    taxes: taxContents(worked.taxes, currency, reasonOf),
    allowances: extras(worked.allowances),
    charges: extras(worked.charges),
    totals: totalFields(worked.totals),
  };
}

type LineCredited = LineContent & { readonly id: string };

/** A lower price is one unit of the difference. */
function lineOf(line: LineCredited, { quantity, total, net }: CreditedLine, index: number): LineContent {
  const [lowered, minus] = [quantity === '0', total < 0n];
  return {
    position: index + 1,
    description: line.description,
    quantity: lowered ? (minus ? '-1' : '1') : quantity,
    unit: lowered ? null : line.unit,
    unitPrice: lowered ? priceOf(minus ? -total : total) : pricePer(total, quantity),
    amount: total,
    discountPercent: null,
    discountAmount: 0n,
    total,
    net,
    taxCategory: line.taxCategory,
    taxPercent: line.taxPercent,
    taxRateId: line.taxRateId,
    priceId: line.priceId,
    periodStart: line.periodStart,
    periodEnd: line.periodEnd,
    creditsLineId: line.id,
    creditsQuantity: quantity,
    currency: line.currency,
  };
}

const refused = (pointer: string, message: string) =>
  invalid(`The request does not fit: ${pointer} ${message}`, { details: [{ pointer, code: 'invalid', message }] });
const noSuchLine = (pointer: string) => {
  const refusal = missing('Invoice line');
  refusal.more.details = [{ pointer, code: 'not_found', message: refusal.message }];
  return refusal;
};
