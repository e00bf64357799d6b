import { Command, EntityManager, Handles } from '#kernel';
import type { z } from 'zod';
import { type NewProduct, Product } from './product.ts';

export class CreateProduct extends Command<Product> {
  constructor(readonly input: z.output<typeof NewProduct>) {
    super();
  }
}

@Handles(CreateProduct, 'create', Product)
class Handler {
  constructor(private readonly em: EntityManager) {}
  execute({ input }: CreateProduct) {
    return Promise.resolve(this.em.create(Product, input));
  }
}
