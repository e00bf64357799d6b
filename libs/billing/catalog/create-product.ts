import { Command, EntityManager, Handles } from '#kernel';
import type { z } from 'zod';
import { codeIsFree } from './code.ts';
import { type NewProduct, Product } from './product.ts';

export class CreateProduct extends Command<Product> {
  constructor(readonly input: z.output<typeof NewProduct>) {
    super();
  }
}

@Handles(CreateProduct, 'create', Product)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ input }: CreateProduct) {
    await codeIsFree(this.em, Product, input);
    return this.em.create(Product, input);
  }
}
