import { controller, crud, get } from '#kernel';
import { activityRoutes } from '../activities/activity-routes.ts';
import { Company } from './company.ts';
import { CompanyChanges, NewCompany } from './company-input.ts';
import { CompanySummary, CompanySummaryView } from './company-summary.ts';
import { companyList, CompanyView } from './company-view.ts';
import { CreateCompany } from './create-company.ts';
import { UpdateCompany } from './update-company.ts';

const example = {
  name: 'Analytical Engines Ltd',
  domain: 'https://www.example.com',
  industry: 'Computing',
  employees: 12,
  annual_revenue: '1250000.00',
  currency: 'GBP',
  founded_year: 1837,
  address: { street: '1 Dorset Street', city: 'London', country: 'GB' },
};

export const CompaniesController = controller(
  'companies',
  {
    ...crud({
      of: Company,
      called: 'a company',
      view: CompanyView,
      list: companyList,
      create: [CreateCompany, NewCompany, example],
      update: [UpdateCompany, CompanyChanges, { employees: 14, tags: ['partner'] }],
    }),
    ...activityRoutes(CompanyView, 'companyId', 'a company'),
    summary: get(':id/summary', CompanySummary, {
      does: 'What there is around a company: contacts, subsidiaries, deals',
      answers: CompanySummaryView,
    }),
  },
  { of: Company },
);
