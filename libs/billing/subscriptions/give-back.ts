import { Bus, EntityManager, formatAmount, Reaction, Reacts } from '#kernel';
import { CreditInvoice } from '../invoices/credit-invoice.ts';
import { Invoice } from '../invoices/invoice.ts';
import { priceOf } from '../invoices/arithmetic.ts';
import { amountOf, balanceOf, fitting, netted } from './adjustments.ts';
import { lineBehind, type OpenLine, openLines, takeOff } from './open-lines.ts';
import { type Adjustment, Subscription, SubscriptionOwesBack } from './subscription.ts';
import { askSomebody } from './tell-of-parked.ts';

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
    let { later: open } = fitting(netted(subscription.adjustments), 0n);
    if (!open.length) return;
    const billed = { source: 'subscription', sourceId: event.id, kind: 'invoice', status: { $nin: ['draft', 'voided'] } } as const;
    // Not kept: whatever credits one reads it again when it is locked.
    const newest = { orderBy: { issueDate: 'desc', id: 'desc' }, disableIdentityMap: true } as const;
    for (const { id } of await this.em.find(Invoice, billed, newest)) {
      if (!open.length) break;
      const { credited, rest } = shared(open, await openLines(this.em, id));
      if (credited.size)
        await this.bus.run(new CreditInvoice(id, { reason: REASON, lines: [...credited].map(([lineId, amount]) => ({ lineId, amount })) }));
      open = rest;
    }
    subscription.adjustments = open;
    if (open.length) await this.tellOf(subscription, open);
  }

  private tellOf(subscription: Subscription, open: readonly Adjustment[]) {
    const { id, currency } = subscription;
    const amount = `${formatAmount(-balanceOf(open), currency)} ${currency}`;
    return askSomebody(this.em, subscription, {
      title: 'A customer is to be given something back',
      description: `${amount} of subscription ${id}, which is over, could not be credited: no invoice of it has so much left.`,
    });
  }
}
const REASON = 'Given back at the end of the subscription';

/** What of the adjustments these lines have billed, by line (e4); the rest is of another invoice. */
function shared(adjustments: readonly Adjustment[], lines: OpenLine[]) {
  const credited = new Map<string, bigint>();
  const rest: Adjustment[] = [];
  for (const one of adjustments) {
    const line = lineBehind(lines, one);
    const taken = line ? takeOff(line, one) : 0n;
    if (line && taken) credited.set(line.id, (credited.get(line.id) ?? 0n) + taken);
    if (taken < -amountOf(one)) rest.push({ ...one, unit_price: priceOf(-amountOf(one) - taken) });
  }
  return { credited, rest };
}
