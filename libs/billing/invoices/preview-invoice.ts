import { Command, EntityManager, Handles, type Input } from '#kernel';
import type { z } from 'zod';
import { customerFound } from '../customers/customer.ts';
import { datesFit, dueOn, sellerOf, termsOf } from './draft.ts';
import { Invoice } from './invoice.ts';
import type { NewInvoice } from './invoice-input.ts';
import { PreviewView } from './invoice-view.ts';
import { priced } from './pricing.ts';

type Preview = ReturnType<typeof PreviewView.show>;
export const Previewed = PreviewView.schema as Input<Preview>;

/** Works an invoice out without storing anything; the customer may still be open. A command, so that it sees what drafts see. */
export class PreviewInvoice extends Command<Preview> {
  constructor(readonly input: z.output<typeof NewInvoice>) {
    super();
  }
}

@Handles(PreviewInvoice, 'create', Invoice)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ input }: PreviewInvoice) {
    datesFit(input);
    const seller = await sellerOf(this.em, input.billingEntityId);
    const account = await customerFound(this.em, input);
    const terms = termsOf(input, seller, account);
    const { lines, taxes, totals, allowances, charges } = await priced(this.em, input, terms);
    const dueDate = input.dueDate ?? dueOn(terms.day, seller, account);
    const { currency, pricesIncludeTax } = terms;
    const kind = input.kind ?? 'invoice';
    return PreviewView.show({
      kind,
      issueDate: terms.day,
      dueDate,
      currency,
      pricesIncludeTax,
      ...totals,
      lines,
      taxes,
      allowances,
      charges,
    });
  }
}
