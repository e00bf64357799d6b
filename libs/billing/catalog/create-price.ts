import { Command, EntityManager, Handles } from '#kernel';
import type { z } from 'zod';
import { type NewPrice, Price } from './price.ts';

export class CreatePrice extends Command<Price> {
  constructor(readonly input: z.output<typeof NewPrice>) {
    super();
  }
}

@Handles(CreatePrice, 'create', Price)
class Handler {
  constructor(private readonly em: EntityManager) {}
  execute({ input }: CreatePrice) {
    return Promise.resolve(this.em.create(Price, input).settle());
  }
}
