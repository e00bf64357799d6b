import { Command, EntityManager, Handles, load } from '#kernel';
import type { z } from 'zod';
import { codeIsFree } from './code.ts';
import { percentFits, TaxRate, type TaxRateChanges } from './tax-rate.ts';

/** What was invoiced at a rate keeps its percent: invoices copy it. */
export class UpdateTaxRate extends Command<TaxRate> {
  constructor(
    readonly id: string,
    readonly changes: z.output<typeof TaxRateChanges>,
  ) {
    super();
  }
}

@Handles(UpdateTaxRate, 'update', TaxRate)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, changes }: UpdateTaxRate) {
    const rate = await load(this.em, TaxRate, id);
    await codeIsFree(this.em, TaxRate, { id, code: changes.code });
    percentFits(Object.assign(rate, changes));
    return rate;
  }
}
