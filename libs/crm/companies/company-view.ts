import { List } from '#kernel';
import { Company } from './company.ts';
import { companyFields } from './company-input.ts';

export const CompanyView = Company.view('id', ...companyFields, 'createdAt', 'createdBy', 'updatedAt', 'version');

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
