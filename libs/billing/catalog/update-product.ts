import { amended, Command, EntityManager, Handles, load } from '#kernel';
import type { z } from 'zod';
import { codeIsFree } from './code.ts';
import { Product, type ProductChanges } from './product.ts';

export class UpdateProduct extends Command<Product> {
  constructor(
    readonly id: string,
    readonly changes: z.output<typeof ProductChanges>,
  ) {
    super();
  }
}

@Handles(UpdateProduct, 'update', Product)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, changes }: UpdateProduct) {
    const product = await load(this.em, Product, id);
    await codeIsFree(this.em, Product, { id, code: changes.code });
    return Object.assign(product, amended(product, changes));
  }
}
