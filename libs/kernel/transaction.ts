import { TransactionContext } from '@mikro-orm/core';
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Door } from './use-case.ts';

/** What happened to a row, to be told after the commit. */
export interface Happened {
  readonly row: object;
  readonly event: object;
}

/** Parts of a row that have no audit entry of their own, before and after: told by the row's. */
export interface Retold {
  readonly before: Readonly<Record<string, unknown>>;
  readonly after: Readonly<Record<string, unknown>>;
}

/** The open transaction of this use case: what has been recorded and not yet written to the outbox. */
export interface Unit {
  readonly happened: Happened[];
  /** What became of the parts of rows, by row: see Row.retell. */
  readonly retold: Map<object, Retold>;
  readonly written: Written[];
  /** Statements whose answer nobody needs: they leave with the next statement, at the latest with the commit; see eager-client.ts. */
  readonly leaving: string[];
  /** The organization whose policy the transaction runs under. */
  readonly tenantId: string | null;
  /** Milliseconds that each of its statements may take, where it may take longer than others; see `takingTime`. */
  patience?: number;
  /** Nothing but the commit comes after this flush: what it writes can leave with it; see lean-driver.ts. */
  closing: boolean;
}
/** A row that was written, as caches care to know it. */
export interface Written {
  readonly table: string;
  readonly verb: string;
  readonly id: string;
}
const units = new AsyncLocalStorage<Unit>();

/** The command that runs now, by its door, and the rows it is about whose rule still has to be asked. */
export interface Errand {
  readonly door: Door;
  readonly doubtful: object[];
}
const errands = new AsyncLocalStorage<Errand>();
export const onErrand = <T>(errand: Errand, work: () => T): T => errands.run(errand, work);
export const errand = (): Errand | undefined => errands.getStore();

/** A unit of its own: what it recorded goes when it fails. */
export const inUnit = <T>(tenantId: string | null, work: () => T): T =>
  units.run({ happened: [], retold: new Map(), written: [], leaving: [], tenantId, closing: false }, work);
export const unit = (): Unit | undefined => units.getStore();

/** Keeps an event until the next flush. Outside a transaction (a unit test of an entity) nobody listens. */
export function record(row: object, event: object): void {
  units.getStore()?.happened.push({ row, event });
}

/** Keeps what became of a row's parts until the next flush. */
export function retell(row: object, parts: Retold): void {
  units.getStore()?.retold.set(row, parts);
}

/** From now on the statements of this transaction may take so many milliseconds. */
export async function takingTime(em: { execute(sql: string): Promise<unknown> }, milliseconds: number): Promise<void> {
  unit()!.patience = milliseconds;
  await em.execute(`set local statement_timeout = ${milliseconds}`);
}

export const inTransaction = () => TransactionContext.getEntityManager() !== undefined;

const listeners: ((written: readonly Written[]) => void)[] = [];
/** Called in this process after a commit, with what was written: for caches. Not for business: that is the outbox's. */
export const onCommit = (listener: (written: readonly Written[]) => void) => void listeners.push(listener);
export const committed = (written: readonly Written[]) => {
  if (written.length) for (const listener of listeners) listener(written);
};
