import { List } from '#kernel';
import { Company } from './company.ts';

export const CompanyView = Company.view(
  'id',
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
  'createdAt',
  'createdBy',
  'updatedAt',
  'version',
);

export const companyList = new List(CompanyView, {
  sorts: ['createdAt', 'updatedAt', 'name', 'employees', 'annualRevenue', 'foundedYear'],
  filters: [
    'ownerId',
    'name',
    'domain',
    'industry',
    'employees',
    'annualRevenue',
    'currency',
    'foundedYear',
    'parentId',
    'tags',
    'createdAt',
    'updatedAt',
  ],
  aliases: { tag: 'tags' },
  search: true,
});
