import { Bus, EntityManager, formatAmount, Reaction, Reacts, Refusal } from '#kernel';
import { priceOf } from '../invoices/arithmetic.ts';
import { CreditInvoice } from '../invoices/credit-invoice.ts';
import { Invoice } from '../invoices/invoice.ts';
import { amountOf, balanceOf, fitting } from './adjustments.ts';
import { askSomebody } from './ask-somebody.ts';
import { billedIt, type OpenLine, openLines, sumOf, takeable, type Taken, takeOff, taxedAlike } from './open-lines.ts';
import { type Adjustment, Subscription, SubscriptionOwesBack } from './subscription.ts';

/** No invoice follows that what is to be given back could go on: credit notes over what was billed give it back, else somebody is asked. */
export class GiveBack extends Reaction<SubscriptionOwesBack> {}

/** What is credited of a line, and the adjustment that it is of. */
interface Share extends Taken {
  readonly of: Adjustment;
}

/** An invoice, what of its lines is left, and what is to be credited of them. */
interface Billed {
  readonly id: string;
  readonly lines: OpenLine[];
  readonly shares: Share[];
}

@Reacts(SubscriptionOwesBack, GiveBack)
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}

  async execute({ told: { event } }: GiveBack) {
    const subscription = await this.em.findOneOrFail(Subscription, { id: event.id });
    let { later: open } = fitting(subscription.adjustments, 0n);
    if (!open.length) return;
    const found: Billed[] = [];
    for await (const one of this.billed(event.id)) {
      found.push(one);
      open = shared(open, one, billedIt);
      if (!open.length) break;
    }
    // Lowered since by what came after it: then of anything of the same tax.
    for (const one of found) if (open.length) open = shared(open, one, taxedAlike);
    for (const { id, shares } of found)
      if (!(await this.credited(id, shares))) open.push(...shares.map(({ of, amount }) => part(of, amount)));
    subscription.adjustments = open;
    if (open.length) await this.ask(subscription, open);
  }

  /** What the subscription was billed with, the newest first. Not kept: whatever credits one reads it again when it is locked. */
  private async *billed(sourceId: string): AsyncGenerator<Billed> {
    const invoices = await this.em.find(
      Invoice,
      { source: 'subscription', sourceId, kind: 'invoice', status: { $nin: ['draft', 'voided'] } },
      { orderBy: { issueDate: 'desc', id: 'desc' }, disableIdentityMap: true },
    );
    for (const { id } of invoices) yield { id, lines: await openLines(this.em, id), shares: [] };
  }

  /** False where that cannot be: somebody has credited it meanwhile, say. */
  private async credited(id: string, shares: readonly Share[]): Promise<boolean> {
    const amounts = new Map<string, bigint>();
    for (const { line, amount } of shares) amounts.set(line.id, (amounts.get(line.id) ?? 0n) + amount);
    if (!amounts.size) return true;
    const lines = [...amounts].map(([lineId, amount]) => ({ lineId, amount }));
    try {
      await this.bus.apart(() => this.bus.run(new CreditInvoice(id, { reason: 'Given back at the end of the subscription', lines })));
      return true;
    } catch (error) {
      if (error instanceof Refusal) return false;
      throw error;
    }
  }

  private ask(subscription: Subscription, open: readonly Adjustment[]) {
    const { id, currency } = subscription;
    const amount = `${formatAmount(-balanceOf(open), currency)} ${currency}`;
    return askSomebody(this.em, subscription, {
      title: 'A customer is to be given something back',
      description: `${amount} of subscription ${id}, which is over, could not be credited: no invoice of it has so much left.`,
    });
  }
}

const part = (one: Adjustment, amount: bigint): Adjustment => ({ ...one, unit_price: priceOf(amount) });

/** Takes what is given back off the lines that fit it; the rest is of another invoice. */
function shared(open: readonly Adjustment[], { lines, shares }: Billed, fits: (line: OpenLine, one: Adjustment) => boolean): Adjustment[] {
  return open.flatMap((one) => {
    const fitting = lines.filter((line) => fits(line, one));
    const taken = takeOff(fitting, -amountOf(one), (line, rest) => takeable(line, lines, rest));
    shares.push(...taken.map((share) => ({ ...share, of: one })));
    const rest = -amountOf(one) - sumOf(taken);
    return rest > 0n ? [part(one, rest)] : [];
  });
}
