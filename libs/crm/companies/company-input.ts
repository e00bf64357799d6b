import { Company } from './company.ts';

const WRITABLE = [
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

export const NewCompany = Company.input(...WRITABLE).meta({ id: 'NewCompany' });
export const CompanyChanges = Company.patch(...WRITABLE).meta({ id: 'CompanyChanges' });
