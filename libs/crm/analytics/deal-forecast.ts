import { day, formatAmount, Handles, organization, Read, Tally } from '#kernel';
import { sql } from 'kysely';
import { z } from 'zod';
import { CATEGORIES, Deal } from '../deals/deal.ts';
import { type Exchange, exchangeInto, MissingRate, type Sum, UsedRate } from '../exchange-rates/exchange.ts';
import { dealsOf, rateDay, which } from './which.ts';

export const ForecastQuery = z
  .strictObject({
    pipeline_id: which.pipeline_id,
    owner_id: which.owner_id,
    from: day().check.optional().meta({ description: 'expected, or won, on this day or later' }),
    to: day().check.optional().meta({ description: 'expected, or won, on this day or earlier' }),
  })
  .meta({ id: 'ForecastQuery' });
type Asked = z.output<typeof ForecastQuery>;

const open = z.object({ count: z.int(), amount: z.string(), weighted_amount: z.string() });
const shape = {
  by_category: z.object({ pipeline: open, best_case: open, commit: open, omitted: open }),
  open: open.meta({ description: 'All categories but omitted' }),
  won: z.object({ count: z.int(), amount: z.string() }),
  total: z.string().meta({ description: 'What is won, and what is open weighted by its probability' }),
};
export const Forecast = z
  .object({
    currency: z.string(),
    months: z.array(
      z.object({ month: z.string().nullable().meta({ description: 'YYYY-MM; null: no close date', example: '2026-12' }), ...shape }),
    ),
    totals: z.object(shape),
    rates: z.array(UsedRate),
    missing_rates: z.array(MissingRate),
  })
  .meta({ id: 'DealForecast' });

/** Sorts behind every month. */
const LAST = '9999-99';

interface Line {
  month: string | null;
  status: string;
  category: (typeof CATEGORIES)[number];
  currency: string;
  count: number;
  total: string;
  /** Ten-thousandths times percent. */
  weighted: string;
}

/** What may come in, month by month: open deals by their expected close date and probability, won ones by when they were won; lost never. */
export class DealForecast extends Tally<z.output<typeof Forecast>> {
  constructor(readonly asked: Asked) {
    super();
  }
}

@Handles(DealForecast, 'read', Deal)
class Handler {
  constructor(private readonly read: Read) {}

  async execute({ asked }: DealForecast) {
    const lines = await this.lines(asked);
    const exchange = await exchangeInto(
      this.read,
      organization().currency,
      lines.map(({ currency }) => currency),
      rateDay({}),
    );
    const months = [...new Set(lines.map(({ month }) => month))].sort((one, other) => ((one ?? LAST) < (other ?? LAST) ? -1 : 1));
    return {
      currency: exchange.currency,
      months: months.map((month) => ({
        month,
        ...figures(
          lines.filter((line) => line.month === month),
          exchange,
        ),
      })),
      totals: figures(lines, exchange),
      rates: exchange.rates,
      missing_rates: exchange.missing,
    };
  }

  private lines(asked: Asked): Promise<Line[]> {
    const { timeZone } = organization();
    // The organization's midnight bounds a month.
    const day = sql<string>`case when deal.status = 'won' then (deal.closed_at at time zone ${timeZone})::date else deal.expected_close_date end`;
    const each = dealsOf(this.read, asked)
      .where('deal.status', '<>', 'lost')
      .select([
        'deal.status',
        'deal.currency',
        'deal.forecast_category',
        'deal.probability',
        sql<string>`deal.amount_e4`.as('amount'),
        day.as('day'),
      ]);
    let all = this.read.union<{
      status: string;
      currency: string;
      forecast_category: Line['category'];
      probability: number;
      amount: string;
      day: string;
    }>([each as never]);
    if (asked.from) all = all.where('part.day', '>=', asked.from);
    if (asked.to) all = all.where('part.day', '<=', asked.to);
    return this.read.all(
      all
        .groupBy([sql`month`, 'part.status', 'part.forecast_category', 'part.currency'])
        .select([
          sql<string | null>`to_char(part.day, 'YYYY-MM')`.as('month'),
          'part.status',
          'part.forecast_category as category',
          'part.currency',
          sql<number>`count(*)::int`.as('count'),
          sql<string>`sum(part.amount)::text`.as('total'),
          sql<string>`sum(part.amount::numeric * part.probability)::text`.as('weighted'),
        ]),
    );
  }
}

const counted = (lines: readonly Line[]) => lines.reduce((all, { count }) => all + count, 0);
const totals = (lines: readonly Line[]): Sum[] => lines.map(({ currency, total }) => ({ currency, e4: BigInt(total) }));
const weights = (lines: readonly Line[]): Sum[] => lines.map(({ currency, weighted }) => ({ currency, e4: BigInt(weighted) }));

function figures(lines: readonly Line[], exchange: Exchange) {
  const won = lines.filter(({ status }) => status === 'won');
  const going = lines.filter(({ status }) => status !== 'won');
  const expected = going.filter(({ category }) => category !== 'omitted');
  const say = (some: readonly Line[]) => ({
    count: counted(some),
    amount: exchange.say(totals(some)),
    weighted_amount: exchange.say(weights(some), 100n),
  });
  const [pipeline, best_case, commit, omitted] = CATEGORIES.map((category) => say(going.filter((line) => line.category === category)));
  return {
    by_category: { pipeline: pipeline!, best_case: best_case!, commit: commit!, omitted: omitted! },
    open: say(expected),
    won: { count: counted(won), amount: exchange.say(totals(won)) },
    total: formatAmount(exchange.total(totals(won)) + exchange.total(weights(expected), 100n), exchange.currency),
  };
}
