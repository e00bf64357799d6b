import { Company } from './company.ts';

/** What a caller may set. A further field is a line in the entity and a name here. */
export const companyFields = [
  'name',
  'domain',
  'industry',
  'employees',
  'annualRevenue',
  'currency',
  'foundedYear',
  'parentId',
  'address',
  'phone',
  'website',
  'tags',
  'notes',
  'ownerId',
  'custom',
] as const;

export const NewCompany = Company.input(...companyFields).meta({ id: 'NewCompany' });
export const CompanyChanges = Company.patch(...companyFields).meta({ id: 'CompanyChanges' });
