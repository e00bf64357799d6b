import { Command, EntityManager, Handles } from '#kernel';
import type { z } from 'zod';
import { codeIsFree } from './code.ts';
import { type NewTaxRate, percentFits, TaxRate } from './tax-rate.ts';

export class CreateTaxRate extends Command<TaxRate> {
  constructor(readonly input: z.output<typeof NewTaxRate>) {
    super();
  }
}

@Handles(CreateTaxRate, 'create', TaxRate)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ input }: CreateTaxRate) {
    await codeIsFree(this.em, TaxRate, input);
    const rate = this.em.create(TaxRate, input);
    percentFits(rate);
    return rate;
  }
}
