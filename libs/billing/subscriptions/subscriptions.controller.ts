import { controller, crud, listing, listUnder, post, single } from '#kernel';
import { BillingRun, billingRunList, BillingRunView } from './billing-run.ts';
import { billingPeriodList } from './billing-period.ts';
import { CancelSubscription } from './cancel-subscription.ts';
import { ChangeSubscription } from './change-subscription.ts';
import { CreateSubscription } from './create-subscription.ts';
import { PauseSubscription, ResumeSubscription } from './pause-subscription.ts';
import { PreviewSubscription, SubscriptionPreview, SubscriptionPreviewing } from './preview-subscription.ts';
import { NewBillingRun, RunBilling } from './run-billing.ts';
import { Subscription } from './subscription.ts';
import { Cancelling, NewSubscription, Pausing, SubscriptionChange, SubscriptionChanges } from './subscription-input.ts';
import { subscriptionList, SubscriptionView } from './subscription-view.ts';
import { UpdateSubscription } from './update-subscription.ts';

const isOpen = ({ status }: Record<string, unknown>) => status !== 'cancelled';
const runs = ({ status }: Record<string, unknown>) => ['trialing', 'active', 'past_due'].includes(status as string);
const rests = ({ status, parked_at: parked }: Record<string, unknown>) => status === 'paused' || status === 'suspended' || parked !== null;

const example = {
  contact_id: '0199a1b2-0000-7000-8000-000000000001',
  currency: 'EUR',
  start_date: '2026-01-31',
  items: [{ description: 'Support', quantity: '1', unit_price: '30.00', tax_percent: '20', interval: 'month' }],
};

const standard = crud({
  of: Subscription,
  called: 'a subscription',
  view: SubscriptionView,
  list: subscriptionList as never,
  create: [CreateSubscription, NewSubscription, example],
  update: [UpdateSubscription, SubscriptionChanges, { catch_up: 'single_invoice' }],
  remove: false,
});

export const SubscriptionsController = controller(
  'subscriptions',
  {
    ...standard,
    update: { ...standard.update!, when: isOpen },
    pause: post(':id/pause', PauseSubscription, {
      does: 'Stop billing for some days; what was billed of them already goes back on the next invoice',
      body: Pausing,
      answers: SubscriptionView as never,
      when: runs,
      problems: ['subscription.pause', 'subscription.cancelled', 'subscription.too_early'],
    }),
    resume: post(':id/resume', ResumeSubscription, {
      does: 'Go on today with what is paused, suspended or parked; else call off pauses to come',
      answers: SubscriptionView as never,
      when: rests,
      problems: ['subscription.cancelled'],
    }),
    cancel: post(':id/cancel', CancelSubscription, {
      does: 'End a subscription today, on a day, or when its running period is over',
      body: Cancelling,
      answers: SubscriptionView as never,
      when: isOpen,
      problems: ['subscription.too_early'],
    }),
    change: post(':id/change', ChangeSubscription, {
      does: 'Sell something else from a day on; what was billed ahead is made up for on the next invoice',
      body: SubscriptionChange,
      example: { items: example.items },
      answers: SubscriptionView as never,
      when: isOpen,
      problems: ['subscription.one_interval', 'subscription.cancelled', 'subscription.too_early'],
    }),
    preview: post(':id/preview', PreviewSubscription, {
      does: 'Tell how the next periods would be billed, as it is or after a change',
      body: SubscriptionPreviewing,
      answers: SubscriptionPreview,
      status: 200,
      when: isOpen,
      problems: ['subscription.one_interval', 'subscription.cancelled', 'subscription.too_early'],
    }),
    periods: listUnder(
      ':id/periods',
      SubscriptionView,
      'subscriptionId',
      billingPeriodList,
      'List the periods that were billed, paused or skipped',
    ),
  },
  { of: Subscription },
);

export const BillingRunsController = controller(
  'billing-runs',
  {
    list: listing('', billingRunList, 'List what was billed by hand'),
    create: post('', RunBilling, {
      does: 'Bill what is due, or tell what would be billed',
      body: NewBillingRun,
      answers: BillingRunView as never,
      status: 201,
      example: { dry_run: true },
      problems: ['billing_run.in_future'],
    }),
    get: single(':id', BillingRunView, 'Read a billing run'),
  },
  { of: BillingRun },
);
