import { controller, crud } from '#kernel';
import { CreatePrice } from './create-price.ts';
import { CreateProduct } from './create-product.ts';
import { CreateTaxRate } from './create-tax-rate.ts';
import { NewPrice, Price, PriceChanges, priceList, PriceView } from './price.ts';
import { NewProduct, Product, ProductChanges, productList, ProductView } from './product.ts';
import { NewTaxRate, TaxRate, TaxRateChanges, taxRateList, TaxRateView } from './tax-rate.ts';
import { UpdatePrice } from './update-price.ts';
import { UpdateProduct } from './update-product.ts';
import { UpdateTaxRate } from './update-tax-rate.ts';

export const ProductsController = controller(
  'products',
  crud({
    of: Product,
    called: 'a product',
    view: ProductView,
    list: productList,
    create: [CreateProduct, NewProduct, { name: 'Consultation', code: 'CONS-30', unit: 'hour' }],
    update: [UpdateProduct, ProductChanges, { description: 'Half an hour' }],
  }),
  { of: Product },
);

export const PricesController = controller(
  'prices',
  crud({
    of: Price,
    called: 'a price',
    view: PriceView,
    list: priceList,
    create: [CreatePrice, NewPrice, { product_id: '019a9f5e-0000-7000-8000-000000000001', unit_amount: '95.00', currency: 'EUR' }],
    update: [UpdatePrice, PriceChanges, { unit_amount: '52.50' }],
  }),
  { of: Price },
);

export const TaxRatesController = controller(
  'tax-rates',
  crud({
    of: TaxRate,
    called: 'a tax rate',
    view: TaxRateView,
    list: taxRateList,
    create: [CreateTaxRate, NewTaxRate, { code: 'DE-19', category: 'S', percent: '19' }],
    update: [UpdateTaxRate, TaxRateChanges, { valid_to: '2026-12-31' }],
  }),
  { of: TaxRate },
);
