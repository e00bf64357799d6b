import { exchangeInto, MissingRate, UsedRate, type Exchange } from '#crm';
import {
  addDays,
  addMonths,
  currency,
  digitsOf,
  endOfMonth,
  formatAmount,
  Handles,
  organization,
  Read,
  startOfMonth,
  Tally,
} from '#kernel';
import { sql } from 'kysely';
import { z } from 'zod';
import { amount, dayAsked, todayOfSeller } from '../customers/figures.ts';
import { Subscription } from '../subscriptions/subscription.ts';
import { SubscriptionItem } from '../subscriptions/subscription-item.ts';
import { type Month, months, type Movement, MOVEMENTS, partsOf, type Sold } from './mrr.ts';

const MOST_MONTHS = 120;
/** Asked of days outside of the calendar too, before they are refused. */
const monthOf = (day: string) => Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7));
export const MrrQuery = z
  .strictObject({
    from: dayAsked.meta({ description: 'A day of the first month; eleven months before the last unless given' }),
    to: dayAsked.meta({ description: 'The last day; today unless given. What lies ahead is as it is agreed now' }),
    currency: currency().check.optional(),
    billing_entity_id: z.guid().toLowerCase().optional(),
  })
  .refine(({ from, to }) => !from || !to || (from <= to && monthOf(to) - monthOf(from) < MOST_MONTHS), {
    path: ['from'],
    error: `is after to, or more than ${MOST_MONTHS} months before it`,
  })
  .meta({ id: 'MrrQuery' });

const loss = amount.meta({ description: 'Below zero' });
const figures = {
  currency: z.string(),
  opening_mrr: amount,
  new: amount.meta({ description: 'Of customers who never had a subscription that counted' }),
  expansion: amount,
  reactivation: amount.meta({ description: 'Of customers who had lost all' }),
  contraction: loss,
  churn: loss,
  net: amount.meta({ description: 'What the five movements add up to: closing less opening' }),
  closing_mrr: amount,
  closing_arr: amount.meta({ description: 'Twelve times the exact closing MRR' }),
  active_subscriptions: z.int(),
  active_customers: z.int(),
};
const Line = z.object({ month: z.iso.date().meta({ description: 'Its first day' }), ...figures });
export const Mrr = z
  .object({
    from: z.iso.date(),
    to: z.iso.date(),
    months: z.array(Line),
    totals: z.array(Line).meta({ description: "In the organization's currency; currencies without a rate are left out" }),
    rates: z.array(UsedRate),
    missing_rates: z.array(MissingRate),
  })
  .meta({ id: 'MrrReport' });

/**
 * Monthly recurring revenue: what subscriptions are worth in a month, and what moved it, by month and currency. Without tax; a year is 12
 * months, 52 weeks or 365 days. Drafts, trials and pauses do not count; what is past due does. Worked out from the terms and their days,
 * so a past month can be asked for at any time.
 */
export class MrrReport extends Tally<z.output<typeof Mrr>> {
  constructor(readonly asked: z.output<typeof MrrQuery>) {
    super();
  }
}

@Handles(MrrReport, 'read', Subscription)
class Handler {
  constructor(private readonly read: Read) {}

  async execute({ asked }: MrrReport) {
    const to = asked.to ?? (await todayOfSeller(this.read, asked.billing_entity_id));
    const first = startOfMonth(asked.from ?? addMonths(startOfMonth(to), -11));
    const firsts = [first];
    while (endOfMonth(firsts.at(-1)!) < to) firsts.push(addMonths(first, firsts.length));
    const ends = [addDays(first, -1), ...firsts.map((month) => (endOfMonth(month) < to ? endOfMonth(month) : to))];
    const found = [...months(await this.sold(asked), ends, unitOf)].sort(([a], [b]) => (a < b ? -1 : 1));
    const exchange = await exchangeInto(
      this.read,
      organization().currency,
      found.map(([code]) => code),
      to,
    );
    return {
      from: first,
      to,
      months: firsts.flatMap((month, i) => found.map(([code, all]) => ({ month, ...shown(code, all[i]!) }))),
      totals: firsts.map((month, i) => ({
        month,
        ...shown(
          exchange.currency,
          together(
            found.map(([code, all]): [string, Month] => [code, all[i]!]),
            exchange,
          ),
        ),
      })),
      rates: exchange.rates,
      missing_rates: exchange.missing,
    };
  }

  private sold({ currency: only, billing_entity_id: seller }: z.output<typeof MrrQuery>): Promise<Sold[]> {
    return this.read.all(
      this.read
        .from(Subscription)
        .innerJoin(this.read.gated(SubscriptionItem).as('item'), 'item.subscription_id', 'subscription.id')
        .where('subscription.status', '<>', 'draft')
        .$if(only !== undefined, (query) => query.where('subscription.currency', '=', only!))
        .$if(seller !== undefined, (query) => query.where('subscription.billing_entity_id', '=', seller!))
        .select([
          'subscription.id as subscription',
          'subscription.customer_account_id as customer',
          'subscription.currency',
          'subscription.interval',
          'subscription.interval_count as intervalCount',
          sql<string>`item.quantity::text`.as('quantity'),
          sql<string>`item.unit_price::text`.as('unitPrice'),
          sql<string | null>`case when subscription.prices_include_tax then item.tax_percent::text end`.as('includedTaxPercent'),
          sql<string>`coalesce(subscription.trial_end, subscription.start_date)::text`.as('begins'),
          sql<string>`item.valid_from::text`.as('validFrom'),
          sql<string | null>`item.valid_until::text`.as('validUntil'),
          sql<string | null>`subscription.cancel_at::text`.as('cancelAt'),
          // While it is suspended it rests as in a pause without an end.
          sql`case when subscription.rests_from is null then subscription.pauses
            else subscription.pauses || jsonb_build_array(jsonb_build_object('from', subscription.rests_from::text, 'until', null)) end`.as(
            'pauses',
          ),
        ]) as never,
    );
  }
}

const unitOf = (code: string) => 10n ** BigInt(4 - digitsOf(code));

/** What is said in each currency, brought into one: again each running total is converted and rounded, so that it adds up. */
function together(all: readonly [string, Month][], exchange: Exchange): Month {
  const known = all.filter(([code]) => exchange.knows(code));
  const total = (of: (month: Month) => bigint) => exchange.total(known.map(([code, month]) => ({ currency: code, e4: of(month) })));
  const upTo = (last: number) => total((month) => MOVEMENTS.slice(0, last).reduce((sum, movement) => sum + month[movement], month.opening));
  const sums = MOVEMENTS.map((movement, i): [Movement, bigint] => [movement, upTo(i + 1) - upTo(i)]);
  return {
    ...partsOf(upTo(0), Object.fromEntries(sums) as Record<Movement, bigint>, (e4) => e4),
    arr: total(({ arr }) => arr),
    subscriptions: known.reduce((sum, [, { subscriptions }]) => sum + subscriptions, 0),
    customers: new Set(known.flatMap(([, { customers }]) => [...customers])),
  };
}

const shown = (code: string, month: Month) => {
  const say = (e4: bigint) => formatAmount(e4, code);
  return {
    currency: code,
    opening_mrr: say(month.opening),
    new: say(month.new),
    expansion: say(month.expansion),
    reactivation: say(month.reactivation),
    contraction: say(month.contraction),
    churn: say(month.churn),
    net: say(month.closing - month.opening),
    closing_mrr: say(month.closing),
    closing_arr: say(month.arr),
    active_subscriptions: month.subscriptions,
    active_customers: month.customers.size,
  };
};
