import { Bus, camelCased, Command, day, Drafts, EntityManager, Handles, type Input } from '#kernel';
import { z } from 'zod';
import { BillingEntity } from '../billing-entities/billing-entity.ts';
import { CustomerAccount } from '../customers/customer-account.ts';
import { dueOn as payableOn } from '../invoices/draft.ts';
import { PreviewView } from '../invoices/invoice-view.ts';
import { ChangeSubscription } from './change-subscription.ts';
import { loadWhole } from './contents.ts';
import { drafted, gather, rowOf } from './plan.ts';
import { dueOn } from './schedule.ts';
import { type Adjustment, Subscription } from './subscription.ts';
import { type Change, ItemInput } from './subscription-input.ts';

const FAR = '9999-01-01';
interface Asked extends Partial<Change> {
  periods?: number;
}
export const SubscriptionPreviewing = camelCased<Asked>(
  ['items', 'effectiveDate', 'periods'],
  z.strictObject({
    items: z.array(ItemInput).min(1).max(100).optional().meta({ description: 'As if it were changed to these; as it is unless given' }),
    effective_date: day().check.optional(),
    periods: z.int().min(1).max(36).optional().meta({ description: 'How many of its next periods: 3 unless given' }),
  }),
).meta({ id: 'SubscriptionPreviewing' });

interface Shown {
  adjustments: Adjustment[];
  upcoming: { index: number; period_start: string; period_end: string; billed_on: string; invoice: ReturnType<typeof PreviewView.show> }[];
}
const Upcoming = z.object({
  index: z.number(),
  period_start: z.string(),
  period_end: z.string(),
  billed_on: z.string(),
  invoice: PreviewView.schema,
});
export const SubscriptionPreview = z
  .object({ adjustments: Subscription.fields.adjustments.spoken, upcoming: z.array(Upcoming) })
  .meta({ id: 'SubscriptionPreview' }) as Input<Shown>;

/** What a subscription would be billed with, as it is or after a change: really done, read, and undone. */
export class PreviewSubscription extends Command<Shown> {
  constructor(
    readonly id: string,
    readonly asked: Asked = {},
  ) {
    super();
  }
}

/** Carries what was seen out of what is undone. */
class Seen extends Error {
  constructor(readonly shown: Shown) {
    super('Only looked');
  }
}

@Handles(PreviewSubscription, 'update', Subscription)
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}

  async execute({ id, asked }: PreviewSubscription): Promise<Shown> {
    try {
      return await this.bus.apart(async () => {
        throw new Seen(await this.look(id, asked));
      });
    } catch (error) {
      if (error instanceof Seen) return error.shown;
      throw error;
    }
  }

  private async look(id: string, { items, effectiveDate, periods = 3 }: Asked): Promise<Shown> {
    if (items) await this.bus.run(new ChangeSubscription(id, { items, ...(effectiveDate ? { effectiveDate } : {}) }));
    const subscription = await loadWhole(this.em, id);
    await this.em.flush();
    const given = { ...(await gather(this.em, [subscription])), scribe: new Drafts().scribe };
    const seller = await this.em.findOneOrFail(BillingEntity, { id: subscription.billingEntityId });
    const account = await this.em.findOneOrFail(CustomerAccount, { id: subscription.customerAccountId });
    let { adjustments } = subscription;
    const upcoming: Shown['upcoming'] = [];
    for (const period of dueOn(subscription.terms(), subscription.nextIndex, FAR, periods)) {
      if (!period.spans.length) continue;
      const { draft, later } = await drafted(this.em, subscription, [period], adjustments, given);
      Object.assign(draft, { issueDate: period.on, dueDate: payableOn(period.on, seller, account) });
      const { index, periodStart, periodEnd, billedOn } = rowOf(period);
      upcoming.push({ index, period_start: periodStart, period_end: periodEnd, billed_on: billedOn, invoice: PreviewView.show(draft) });
      adjustments = later;
    }
    return { adjustments: subscription.adjustments, upcoming };
  }
}
