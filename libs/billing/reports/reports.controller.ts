import { controller, get } from '#kernel';
import { AgeingQuery, AgeingReport, AgeingShown } from './ageing-report.ts';
import { Mrr, MrrQuery, MrrReport } from './mrr-report.ts';
import { Revenue, RevenueQuery, RevenueReport } from './revenue-report.ts';
import { TaxSummary, TaxSummaryQuery, TaxSummaryShown } from './tax-summary.ts';

export const BillingReportsController = controller(
  'billing/reports',
  {
    ageing: get('ageing', AgeingReport, {
      does: 'What is due, by how long it has been overdue, as of a day',
      query: AgeingQuery,
      answers: AgeingShown,
    }),
    revenue: get('revenue', RevenueReport, { does: 'What was invoiced less what was credited', query: RevenueQuery, answers: Revenue }),
    mrr: get('mrr', MrrReport, {
      does: 'Monthly recurring revenue, and what moved it',
      query: MrrQuery,
      answers: Mrr,
    }),
    taxSummary: get('tax-summary', TaxSummary, {
      does: 'What tax was invoiced, by rate',
      query: TaxSummaryQuery,
      answers: TaxSummaryShown,
    }),
  },
  { tag: 'billing-reports' },
);
