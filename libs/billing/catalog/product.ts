import { entity, flag, List, metadata, note, ref, text } from '#kernel';
import { TaxRate } from './tax-rate.ts';

/** Something that is sold. What it costs is said by its prices. */
export class Product extends entity(
  'product',
  {
    name: text({ max: 255 }).describe('What it is called on invoices', 'Consultation'),
    code: text({ max: 60 }).optional().describe('Unique where there is one', 'CONS-30'),
    description: note({ max: 2000 }).optional(),
    unit: text({ max: 30 }).optional().describe('What a quantity counts', 'hour'),
    taxRateId: ref(() => TaxRate)
      .optional()
      .describe('Charged where a price says nothing else'),
    active: flag().or(true),
    custom: metadata(),
  },
  { unique: [{ on: ['code'] }], index: [['name', 'id']], search: ['new.name', 'new.code'] },
) {}

const WRITABLE = ['name', 'code', 'description', 'unit', 'taxRateId', 'active', 'custom'] as const;
export const NewProduct = Product.input(...WRITABLE).meta({ id: 'NewProduct' });
export const ProductChanges = Product.patch(...WRITABLE).meta({ id: 'ProductChanges' });
export const ProductView = Product.view('id', ...WRITABLE, 'createdAt', 'updatedAt', 'version');
export const productList = new List(ProductView, {
  sorts: ['createdAt', 'updatedAt', 'name', 'code'],
  filters: ['name', 'code', 'active', 'taxRateId', 'createdAt', 'updatedAt'],
  search: true,
});
