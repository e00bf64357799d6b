import { alreadyExists, Command, EntityManager, Handles, load } from '#kernel';
import type { z } from 'zod';
import { checkRate, ExchangeRate, type ExchangeRateChanges, type NewExchangeRate } from './exchange-rate.ts';

/** @throws already_exists for a second rate of a day */
export class CreateExchangeRate extends Command<ExchangeRate> {
  constructor(readonly input: z.output<typeof NewExchangeRate>) {
    super();
  }
}
@Handles(CreateExchangeRate, 'create', ExchangeRate)
class CreateHandler {
  constructor(private readonly em: EntityManager) {}
  async execute({ input }: CreateExchangeRate) {
    checkRate(input);
    const { from, to, date } = input;
    const [same] = await this.em.find(ExchangeRate, { from, to, date });
    if (same) throw alreadyExists(undefined, { existing: { type: 'exchange_rate', id: same.id } });
    return this.em.create(ExchangeRate, input);
  }
}

export class UpdateExchangeRate extends Command<ExchangeRate> {
  constructor(
    readonly id: string,
    readonly changes: z.output<typeof ExchangeRateChanges>,
  ) {
    super();
  }
}
@Handles(UpdateExchangeRate, 'update', ExchangeRate)
class UpdateHandler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, changes }: UpdateExchangeRate) {
    checkRate(changes);
    return Object.assign(await load(this.em, ExchangeRate, id), changes);
  }
}
