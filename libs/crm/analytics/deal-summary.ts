import { before, digitsOf, divideRounded, formatAmount, Handles, now, organization, Read, Tally } from '#kernel';
import { sql } from 'kysely';
import { z } from 'zod';
import { Deal, type Status } from '../deals/deal.ts';
import { type Exchange, exchangeInto, MissingRate, type Sum, UsedRate } from '../exchange-rates/exchange.ts';
import { daysEach, dealsOf, percent, rateDay, spanOf, Which, which } from './which.ts';

export const SummaryQuery = z
  .strictObject({
    ...which,
    days: z.coerce.number().int().min(1).max(3650).default(30).meta({ description: 'For new_deals_last_n_days alone' }),
  })
  .meta({ id: 'SummaryQuery' });

const money = z.string().meta({ example: '10005534.00' });
const OfStatus = z
  .object({
    count: z.int(),
    total_amount: money.meta({ description: "In the organization's currency; currencies without a rate are left out" }),
    currency: z.string(),
    by_currency: z.array(z.object({ currency: z.string(), count: z.int(), total_amount: money })),
  })
  .meta({ id: 'StatusFigures' });
export const Summary = z
  .object({
    by_status: z.object({ new: OfStatus, in_progress: OfStatus, won: OfStatus, lost: OfStatus }),
    average_won_amount: money.nullable(),
    win_rate: z.number().nullable().meta({ description: 'Won of won and lost, in percent with two decimals', example: 63.15 }),
    average_days_to_close: z.number().nullable().meta({ description: 'From creation to winning, in days of 24 hours', example: 51.8 }),
    new_deals_last_n_days: z.object({ days: z.int(), count: z.int() }),
    rates: z.array(UsedRate),
    missing_rates: z.array(MissingRate),
  })
  .meta({ id: 'DealSummary' });

interface Line {
  status: Status;
  currency: string;
  count: number;
  total: string;
  milliseconds: string | null;
}

/** How the deals stand, over all that the caller may read; `from` and `to` narrow by creation. */
export class DealSummary extends Tally<z.output<typeof Summary>> {
  constructor(readonly asked: z.output<typeof SummaryQuery>) {
    super();
  }
}

@Handles(DealSummary, 'read', Deal)
class Handler {
  constructor(private readonly read: Read) {}

  async execute({ asked }: DealSummary) {
    const { currency } = organization();
    const [lines, fresh] = await Promise.all([this.lines(asked), this.created(asked)]);
    const exchange = await exchangeInto(
      this.read,
      currency,
      lines.map((line) => line.currency),
      rateDay(asked),
    );
    const of = (status: Status) => lines.filter((line) => line.status === status);
    const [won, lost] = [counted(of('won')), counted(of('lost'))];
    const took = of('won').reduce((all, { milliseconds }) => all + BigInt(milliseconds ?? 0), 0n);
    return {
      by_status: {
        new: figures(of('new'), exchange),
        in_progress: figures(of('in_progress'), exchange),
        won: figures(of('won'), exchange),
        lost: figures(of('lost'), exchange),
      },
      average_won_amount: average(of('won'), exchange),
      win_rate: percent(won, won + lost, 2),
      average_days_to_close: daysEach(took, won),
      new_deals_last_n_days: { days: asked.days, count: fresh },
      rates: exchange.rates,
      missing_rates: exchange.missing,
    };
  }

  private lines(asked: Which): Promise<Line[]> {
    const deals = dealsOf(this.read, asked, spanOf(asked)).groupBy(['deal.status', 'deal.currency']).orderBy('deal.currency');
    return this.read.all(
      deals.select([
        'deal.status',
        'deal.currency',
        sql<number>`count(*)::int`.as('count'),
        sql<string>`sum(deal.amount_e4)::text`.as('total'),
        sql<string | null>`(sum(extract(epoch from deal.closed_at - deal.created_at)) * 1000)::bigint::text`.as('milliseconds'),
      ]),
    );
  }

  private async created({ days, pipeline_id, owner_id }: z.output<typeof SummaryQuery>): Promise<number> {
    const since = before(now(), { days }, organization().timeZone);
    const deals = dealsOf(this.read, { pipeline_id, owner_id }, { from: since });
    const [row] = await this.read.all(deals.select(sql<number>`count(*)::int`.as('count')));
    return row!.count;
  }
}

const counted = (lines: readonly Line[]) => lines.reduce((all, { count }) => all + count, 0);
const sums = (lines: readonly Line[]): Sum[] => lines.map(({ currency, total }) => ({ currency, e4: BigInt(total) }));

const figures = (lines: readonly Line[], exchange: Exchange) => ({
  count: counted(lines),
  total_amount: exchange.say(sums(lines)),
  currency: exchange.currency,
  by_currency: lines.map(({ currency, count, total }) => ({ currency, count, total_amount: formatAmount(BigInt(total), currency) })),
});

/** Of those whose currency has a rate. */
function average(lines: readonly Line[], exchange: Exchange): string | null {
  const known = lines.filter(({ currency }) => exchange.knows(currency));
  const count = counted(known);
  if (!count) return null;
  const unit = 10n ** BigInt(4 - digitsOf(exchange.currency));
  return formatAmount(divideRounded(exchange.total(sums(known)), BigInt(count) * unit) * unit, exchange.currency);
}
