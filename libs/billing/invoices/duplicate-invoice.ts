import { Command, EntityManager, Handles, load, today } from '#kernel';
import { whole, inputOf } from './contents.ts';
import { draft } from './draft.ts';
import { Invoice } from './invoice.ts';
import { mayBear, referred } from './pricing.ts';

/** Makes a draft of the same lines for the same customer, without dates. */
export class DuplicateInvoice extends Command<Invoice> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(DuplicateInvoice, 'create', Invoice)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id }: DuplicateInvoice) {
    const of = await whole(this.em, await load(this.em, Invoice, id));
    const { billingEntityId, customerAccountId, currency, pricesIncludeTax, reference, notes } = of;
    const kind = of.kind === 'proforma' ? 'proforma' : 'invoice';
    const found = await referred(this.em, { lines: of.lines });
    const content = { ...inputOf(of, found), prepaid: 0n };
    const day = today(of.timeZone);
    const lines = content.lines.map((line, i) => {
      const { taxRateId, taxCategory, taxPercent } = of.lines[i]!;
      // A rate that is over is not named any more either; what it was stays.
      const rate = found.rates.get(taxRateId ?? '');
      return !rate || mayBear(rate, line, day) ? line : { ...line, taxRateId: undefined, taxCategory, taxPercent };
    });
    const input = { billingEntityId, customerAccountId, currency, pricesIncludeTax, reference, notes, kind } as const;
    return draft(
      this.em,
      { ...input, ...content, lines, allowances: [...content.allowances], charges: [...content.charges] },
      { source: 'invoice', sourceId: id },
    );
  }
}
