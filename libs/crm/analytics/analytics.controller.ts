import { controller, get } from '#kernel';
import { DealForecast, Forecast, ForecastQuery } from './deal-forecast.ts';
import { DealFunnel, Funnel, FunnelQuery } from './deal-funnel.ts';
import { DealSummary, Summary, SummaryQuery } from './deal-summary.ts';

export const AnalyticsController = controller(
  'analytics/deals',
  {
    summary: get('summary', DealSummary, { does: 'Count and sum the deals by status', query: SummaryQuery, answers: Summary }),
    funnel: get('funnel', DealFunnel, { does: 'Show how deals go through the stages of a pipeline', query: FunnelQuery, answers: Funnel }),
    forecast: get('forecast', DealForecast, { does: 'Forecast by month and category', query: ForecastQuery, answers: Forecast }),
  },
  { tag: 'analytics' },
);
