import fc from 'fast-check';
import { guessColumns, importableFields, type ImportedResource } from './guess-columns.ts';

const guess = (resource: ImportedResource, headers: string) => Object.fromEntries(guessColumns(resource, headers.split('|')));

describe('contacts', () => {
  it('as HubSpot exports them', () => {
    const headers = 'Record ID|First Name|Last Name|Email|Phone Number|Contact owner|Lead Status|Associated Company|Create Date|Job Title';
    expect(guess('contact', headers)).toEqual({
      'Record ID': 'external_id',
      'First Name': 'first_name',
      'Last Name': 'last_name',
      Email: 'email',
      'Phone Number': 'phone',
      'Contact owner': 'owner',
      'Create Date': 'created_at',
      'Job Title': 'job_title',
    });
  });

  it('as they stand in hand-made lists', () => {
    expect(guess('contact', 'NAME|E-Mail|Mobile|Firma|PLZ|Straße|notes')).toEqual({
      NAME: 'name',
      'E-Mail': 'email',
      Mobile: 'phone',
      Firma: 'company',
      PLZ: 'address.postal_code',
      Straße: 'address.street',
    });
    expect(guess('contact', 'Prénom|Nom de famille|Courriel')).toEqual({
      Prénom: 'first_name',
      'Nom de famille': 'last_name',
      Courriel: 'email',
    });
  });

  it('gives each field to the header that names it best', () => {
    expect(guess('contact', 'Mobile|Phone|Work phone')).toEqual({ Phone: 'phone' });
    expect(guess('contact', 'Contact Name|Contact Email|Customer Phone|Company Name')).toEqual({
      'Contact Name': 'name',
      'Contact Email': 'email',
      'Customer Phone': 'phone',
      'Company Name': 'company',
    });
  });
});

describe('the sales sample', () => {
  it('has accounts', () => {
    expect(guess('company', 'account|sector|year_established|revenue|employees|office_location|subsidiary_of')).toEqual({
      account: 'name',
      sector: 'industry',
      year_established: 'founded_year',
      revenue: 'annual_revenue',
      employees: 'employees',
      office_location: 'address',
      subsidiary_of: 'parent',
    });
  });

  it('has a pipeline', () => {
    expect(guess('deal', 'opportunity_id|sales_agent|product|account|deal_stage|engage_date|close_date|close_value')).toEqual({
      opportunity_id: 'external_id',
      sales_agent: 'owner',
      product: 'product',
      account: 'company',
      deal_stage: 'stage',
      engage_date: 'created_at',
      close_date: 'expected_close_date',
      close_value: 'amount',
    });
  });
});

it('knows every field by its own name', () => {
  for (const resource of ['contact', 'company', 'deal'] as const) {
    const fields = importableFields(resource);
    expect(Object.fromEntries(guessColumns(resource, fields))).toEqual(Object.fromEntries(fields.map((field) => [field, field])));
  }
});

it('means each field once, and only headers that are there', () => {
  const header = fc.oneof(
    fc.string(),
    fc.constantFrom('Name', 'name', 'Full name', 'E-mail', 'email', 'Phone', '__proto__', 'constructor', ''),
  );
  fc.assert(
    fc.property(fc.array(header), fc.constantFrom<ImportedResource>('contact', 'company', 'deal'), (headers, resource) => {
      const guessed = guessColumns(resource, headers);
      expect(new Set(guessed.values()).size).toBe(guessed.size);
      for (const [from, field] of guessed) {
        expect(headers).toContain(from);
        expect(importableFields(resource)).toContain(field);
      }
    }),
  );
});
