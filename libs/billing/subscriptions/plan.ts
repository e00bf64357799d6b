import { LockMode } from '@mikro-orm/core';
import { Company, Contact } from '#crm';
import { addDays, dayOf, Drafts, type EntityManager, missing, Refusal, type Scribe, today } from '#kernel';
import { BillingEntity } from '../billing-entities/billing-entity.ts';
import { CustomerAccount } from '../customers/customer-account.ts';
import { stillHere } from '../customers/owners.ts';
import type { Whole } from '../invoices/contents.ts';
import { draftFor } from '../invoices/draft.ts';
import { type Parties, taxIdThere } from '../invoices/issue.ts';
import { lastIssued } from '../invoices/take-numbers.ts';
import { type LineInput, type Referred, referred } from '../invoices/pricing.ts';
import { adjustedLine, balanceOf, fitting, lineOf, lineTotal } from './adjustments.ts';
import type { SoldDays } from './billing-period.ts';
import { billingInstant, periodAt, type Rhythm, wholeAt } from './periods.ts';
import { billedOn, caughtUp, type Due, dueOn, MOST_MISSED, pieces } from './schedule.ts';
import type { Adjustment, Subscription } from './subscription.ts';
import { SubscriptionItem } from './subscription-item.ts';

/** What becomes of a subscription whose time has come. */
export interface Plan {
  readonly subscription: Subscription;
  readonly invoices: readonly { readonly draft: Whole; readonly periods: readonly Due[] }[];
  readonly paused: readonly Due[];
  readonly skipped: readonly Due[];
  /** The first period that is left, and what waits for its invoice. */
  readonly nextIndex: number;
  readonly adjustments: Adjustment[];
  /** Why nothing is done with it until a person has looked. */
  readonly parked?: string;
  /** When its seller issues again: something was dated ahead, and nothing is issued before it. */
  readonly waitsFor?: Date;
  /** The rows that its invoices are made of; of one that has none they are forgotten. */
  readonly drafts: Drafts;
}

/** Everything that the invoices of some subscriptions are made of. */
export interface Ingredients extends Parties {
  readonly items: ReadonlyMap<string, SubscriptionItem[]>;
  readonly members: ReadonlySet<string>;
  readonly found: Referred;
  /** By seller: nothing is issued before this day. */
  readonly lastIssued: ReadonlyMap<string, string>;
}

/** At most so many invoices, and so many periods, of one subscription in one transaction; the others follow. */
const MOST_AT_ONCE = 100;
const MOST_PERIODS = 1000;

/**
 * Reads what some subscriptions are billed with. The rows that invoices refer to are held until the commit, in order of their ids, before
 * any number is taken: whoever holds a counter waits for nobody.
 */
export async function gather(em: EntityManager, subscriptions: readonly Subscription[], holding = true): Promise<Ingredients> {
  const ids = (pick: (one: Subscription) => string | null) => [...new Set(subscriptions.flatMap((one) => pick(one) ?? []))];
  // They are only read, and no flush need compare them with what they were.
  const how = { disableIdentityMap: true, ...(holding ? ({ lockMode: LockMode.PESSIMISTIC_READ } as const) : {}) };
  const held = async <T extends { id: string }>(of: new () => T, wanted: string[]) =>
    new Map(
      (wanted.length ? await em.find(of, { id: { $in: wanted } } as never, { ...how, orderBy: { id: 'asc' } as never }) : []).map((row) => [
        (row as T).id,
        row as T,
      ]),
    );
  const sellers = await held(
    BillingEntity,
    ids(({ billingEntityId }) => billingEntityId),
  );
  const accounts = await held(
    CustomerAccount,
    ids(({ customerAccountId }) => customerAccountId),
  );
  const contacts = await held(
    Contact,
    ids(({ contactId }) => contactId),
  );
  const companies = await held(
    Company,
    ids(({ companyId }) => companyId),
  );
  const rows = await em.find(
    SubscriptionItem,
    { subscriptionId: { $in: subscriptions.map(({ id }) => id) } },
    { orderBy: { position: 'asc' }, disableIdentityMap: true },
  );
  const found = await referred(em, { lines: rows.map(({ priceId, taxRateId }) => ({ priceId, taxRateId })) });
  const owners = [...new Set([...contacts.values(), ...companies.values()].flatMap(({ ownerId }) => ownerId ?? []))];
  return {
    items: grouped(rows),
    sellers,
    accounts,
    customers: new Map<string, Contact | Company>([...contacts, ...companies]),
    members: await stillHere(em, owners),
    found,
    lastIssued: await lastIssued(em, [...sellers.keys()], 'invoice'),
  };
}

function grouped(rows: readonly SubscriptionItem[]): Map<string, SubscriptionItem[]> {
  const all = new Map<string, SubscriptionItem[]>();
  for (const row of rows) all.set(row.subscriptionId, [...(all.get(row.subscriptionId) ?? []), row]);
  return all;
}

/** Works out what is to be done with a subscription at an instant; changes nothing of it. */
export async function planned(em: EntityManager, subscription: Subscription, at: Date, given: Ingredients): Promise<Plan> {
  const { nextIndex } = subscription;
  const drafts = new Drafts();
  const { scribe } = drafts;
  const terms = subscription.terms();
  const nothing = {
    subscription,
    invoices: [],
    paused: [],
    skipped: [],
    nextIndex,
    adjustments: subscription.adjustments,
    drafts,
  };
  const seen = dueOn(terms, nextIndex, dayOf(at, subscription.zone), 2 * MOST_PERIODS);
  const [due, following] = [seen.slice(0, MOST_PERIODS), seen.slice(MOST_PERIODS)];
  const missed = due.filter(({ spans, on }) => spans.length && !(subscription.releasedOn && on < subscription.releasedOn)).length;
  const atLeast = following.length ? 'More than ' : '';
  if (missed > MOST_MISSED) return { ...nothing, parked: `${atLeast}${missed} periods were missed, from ${due[0]!.start} on` };
  try {
    const { invoices, paused, skipped } = caughtUp(
      due,
      subscription.catchUp,
      following.some(({ spans }) => spans.length),
    );
    const now = invoices.slice(0, MOST_AT_ONCE);
    const last = invoices.length > now.length ? now.at(-1)!.at(-1)! : due.at(-1);
    const done = (periods: readonly Due[]) => periods.filter(({ index }) => last && index <= last.index);
    let { adjustments } = subscription;
    const made = [];
    for (const periods of now) {
      const { draft, later } = await drafted(em, subscription, periods, adjustments, { scribe, ...given });
      made.push({ draft, periods });
      adjustments = later;
    }
    const after = last ? last.index + 1 : nextIndex;
    const over =
      terms.cancelAt !== null && terms.cancelAt <= dayOf(at, subscription.zone) && !billedOn(periodAt(terms.rhythm, after), terms);
    if (over && balanceOf(adjustments) > 0n) {
      const { draft, later } = await drafted(em, subscription, [], adjustments, { scribe, ...given });
      made.push({ draft, periods: [] });
      adjustments = later;
    }
    for (const { draft } of made) taxIdThere(draft);
    const { billingEntityId } = subscription;
    const [day, zone] = [given.lastIssued.get(billingEntityId), given.sellers.get(billingEntityId)?.timeZone];
    if (made.length && day && zone && day > today(zone)) return { ...nothing, waitsFor: billingInstant(day, zone) };
    return {
      subscription,
      drafts,
      invoices: made,
      paused: done(paused),
      skipped: done(skipped),
      nextIndex: after,
      adjustments,
    };
  } catch (error) {
    if (error instanceof Refusal) return { ...nothing, parked: error.message };
    throw error;
  }
}

/** Drafts the invoice of some periods (or of adjustments alone, when there are none). @throws what drafting does */
export async function drafted(
  em: EntityManager,
  subscription: Subscription,
  periods: readonly Due[],
  adjustments: readonly Adjustment[],
  { items, sellers, accounts, customers, members, found, scribe }: Ingredients & { scribe: Scribe },
): Promise<{ draft: Whole; later: Adjustment[] }> {
  const { id, currency, billingEntityId, customerAccountId, contactId, companyId } = subscription;
  const rhythm = subscription.rhythm();
  const [seller, account, of] = [sellers.get(billingEntityId), accounts.get(customerAccountId), customers.get((contactId ?? companyId)!)];
  if (!seller) throw missing('Billing entity');
  if (!account) throw missing('Customer account');
  if (!of) throw missing(contactId ? 'Contact' : 'Company');
  const sold: LineInput[] = periods.flatMap((period) => {
    const whole = wholeAt(rhythm, period.index);
    return pieces(items.get(id) ?? [], period.spans, whole).map((piece) => lineOf(piece, whole, currency));
  });
  const { now, later } = fitting(adjustments, lineTotal(sold, currency));
  const lines = [...sold, ...now.map(adjustedLine)].map((line) => known(line, found));
  const { pricesIncludeTax, reference, notes } = subscription;
  const ownerId = of.ownerId && members.has(of.ownerId) ? of.ownerId : null;
  const input = { lines, currency, pricesIncludeTax, reference, notes, ownerId };
  const draft = await draftFor(em, seller, { account, of }, input, { source: 'subscription', sourceId: id }, { scribe, found });
  return { draft, later };
}

/** A price that is gone is not named any more; what it cost was written down. */
const known = ({ priceId, ...line }: LineInput, { prices }: Referred): LineInput =>
  priceId && prices.has(priceId) ? { ...line, priceId } : line;

/** A period as its row says it. */
export const rowOf = ({ index, start, end, on }: Due) => ({ index, periodStart: start, periodEnd: addDays(end, -1), billedOn: on });

/** What a period is billed for, to be told from what it should have been. */
export const soldIn = (items: readonly SubscriptionItem[], { index, spans }: Due, rhythm: Rhythm): SoldDays[] =>
  pieces(items, spans, wholeAt(rhythm, index)).map(({ item, from, until }) => ({ item_id: item.id, from, until }));
