import { Bus, EntityManager, Reaction, Reacts } from '#kernel';
import { CreditInvoice } from '../invoices/credit-invoice.ts';
import { Invoice } from '../invoices/invoice.ts';
import { InvoiceLine } from '../invoices/invoice-line.ts';
import { amountOf, fitting } from './adjustments.ts';
import { type Adjustment, Subscription, SubscriptionOwesBack } from './subscription.ts';

/** No invoice follows that what is to be given back could go on: credit notes over what was billed give it back. */
export class GiveBack extends Reaction<SubscriptionOwesBack> {}

@Reacts(SubscriptionOwesBack, GiveBack)
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}

  async execute({ told: { event } }: GiveBack) {
    const subscription = await this.em.findOneOrFail(Subscription, { id: event.id });
    let { later: open } = fitting(subscription.adjustments, 0n);
    const billed = { source: 'subscription', sourceId: event.id, kind: 'invoice', status: { $nin: ['draft', 'voided'] } } as const;
    // Not kept: whatever credits one reads it again when it is locked.
    const newest = { orderBy: { issueDate: 'desc', id: 'desc' }, disableIdentityMap: true } as const;
    for (const { id } of await this.em.find(Invoice, billed, newest)) {
      if (!open.length) break;
      const { credited, rest } = shared(open, await this.linesOf(id));
      if (credited.size)
        await this.bus.run(new CreditInvoice(id, { reason: REASON, lines: [...credited].map(([lineId, amount]) => ({ lineId, amount })) }));
      open = rest;
    }
    subscription.adjustments = open;
  }

  /** What was billed, and is not credited yet. */
  private async linesOf(invoiceId: string): Promise<Line[]> {
    const lines = await this.em.find(InvoiceLine, { invoiceId });
    const credits = await this.em.find(InvoiceLine, { creditsLineId: { $in: lines.map(({ id }) => id) } });
    return lines.map(({ id, description, periodStart, periodEnd, total }) => {
      const left = credits.reduce((sum, one) => (one.creditsLineId === id ? sum - one.total : sum), total);
      return { id, description, periodStart, periodEnd, left };
    });
  }
}
const REASON = 'Given back at the end of the subscription';

interface Line extends Pick<InvoiceLine, 'id' | 'description' | 'periodStart' | 'periodEnd'> {
  /** In e4. */
  left: bigint;
}
/** What of the adjustments these lines have billed, by line (e4); the rest is of another invoice. */
function shared(adjustments: readonly Adjustment[], lines: readonly Line[]) {
  const credited = new Map<string, bigint>();
  const rest: Adjustment[] = [];
  for (const one of adjustments) {
    const amount = -amountOf(one);
    const line = lines.find(
      ({ id, description, periodStart, periodEnd, left }) =>
        description === one.description &&
        (periodStart ?? '') <= one.period_start &&
        one.period_end <= (periodEnd ?? '') &&
        (credited.get(id) ?? 0n) + amount <= left,
    );
    if (line) credited.set(line.id, (credited.get(line.id) ?? 0n) + amount);
    else rest.push(one);
  }
  return { credited, rest };
}
