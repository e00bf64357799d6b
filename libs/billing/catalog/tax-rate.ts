import { choice, day, decimal, entity, flag, List, problem, text } from '#kernel';
import { TAX_CATEGORIES, type TaxCategory } from '../invoices/arithmetic.ts';

/** A tax as it is charged, by a name of its own. Categories as in EN 16931; only the standard one has a percent. */
export class TaxRate extends entity(
  'tax_rate',
  {
    code: text({ max: 40 }).describe('How it is called', 'DE-19'),
    category: choice(TAX_CATEGORIES, 'S'),
    percent: decimal({ digits: 7, scale: 4 }).describe('Percent; 0 for all but the standard category', '19'),
    validFrom: day().optional(),
    validTo: day().optional().describe('The last day'),
    exemptionText: text({ max: 500 }).optional().describe('Why no tax is charged, as it is printed', 'Reverse charge'),
    active: flag().or(true),
  },
  {
    unique: [{ on: ['code'] }],
    checks: {
      percent: "percent >= (0)::numeric and percent <= (100)::numeric and (category = 'S' or percent = (0)::numeric)",
      validity: 'valid_to >= valid_from',
    },
  },
) {
  validOn(on: string): boolean {
    return this.active && (this.validFrom ?? on) <= on && on <= (this.validTo ?? on);
  }
}

export const onlyStandardHasPercent = problem('tax.percent_without_standard', 422, 'Only the standard category S has a percent');
export const taxRateNotValid = problem('tax_rate.not_valid', 422, 'This tax rate is not valid on the day');

/** @throws tax.percent_without_standard */
export function percentFits({ category, percent }: { category: TaxCategory; percent: string }, pointer = '/percent'): void {
  if (category === 'S' || !/[1-9]/.test(percent)) return;
  throw onlyStandardHasPercent(undefined, {
    details: [{ pointer, code: 'percent_without_standard', message: `must be 0 for the category ${category}` }],
  });
}

const WRITABLE = ['code', 'category', 'percent', 'validFrom', 'validTo', 'exemptionText', 'active'] as const;
export const NewTaxRate = TaxRate.input(...WRITABLE).meta({ id: 'NewTaxRate' });
export const TaxRateChanges = TaxRate.patch(...WRITABLE).meta({ id: 'TaxRateChanges' });
export const TaxRateView = TaxRate.view('id', ...WRITABLE, 'createdAt', 'updatedAt', 'version');
export const taxRateList = new List(TaxRateView, {
  sorts: ['createdAt', 'code', 'percent'],
  filters: ['code', 'category', 'percent', 'active', 'createdAt'],
});
