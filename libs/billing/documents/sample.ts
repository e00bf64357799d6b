import type { InvoiceRow } from './printed.ts';

const period = { period_start: null, period_end: null };
const undiscounted = { discount_percent: null, discount_amount: '0', unit: null, ...period };

/** An invoice that never was, for the preview of a template: whole amounts, so that every currency can show them. */
export const sampleOf = (currency: string, seller: InvoiceRow['seller'], day: string): InvoiceRow => ({
  id: '00000000-0000-0000-0000-000000000000',
  kind: 'invoice',
  number: `INV-${day.slice(0, 4)}-00001`,
  status: 'issued',
  issue_date: day,
  due_date: day,
  currency,
  prices_include_tax: false,
  customer: {
    name: 'Ada Lovelace',
    email: 'ada@example.com',
    address: { street: '12 St James’s Square', city: 'London', postal_code: 'SW1Y 4JH', country: 'GB' },
    tax_id: 'GB123456789',
  },
  seller,
  reference: 'PO 4711',
  notes: null,
  reason: null,
  lines: [
    {
      ...undiscounted,
      position: 1,
      description: 'Consulting',
      quantity: '10',
      unit: 'h',
      unit_price: '120',
      total: '1200',
      net: '1200',
      tax_percent: '20',
    },
    {
      ...undiscounted,
      position: 2,
      description: 'Workshop, half a day',
      quantity: '1',
      unit_price: '300',
      discount_percent: '10',
      discount_amount: '30',
      total: '270',
      net: '270',
      tax_percent: '20',
    },
  ],
  allowances: [],
  charges: [{ reason: null, net: '30' }],
  taxes: [{ category: 'S', percent: '20', taxable: '1500', tax: '300', exemption_reason: null }],
  totals: {
    lines: '1470',
    allowances: '0',
    charges: '30',
    net: '1500',
    tax: '300',
    gross: '1800',
    rounding: '0',
    prepaid: '0',
    payable: '1800',
  },
  issued_at: `${day}T00:00:00.000Z`,
  content_hash: null,
});
