import type { MessageClass } from '../use-case.ts';
import { Command, Handles } from '../use-case.ts';
import { dotted } from '../naming.ts';

/** What becomes of an event on its way through the outbox: JSON, amounts and instants as text. */
export type Spoken<T> = T extends bigint | Date
  ? string
  : T extends readonly (infer Item)[]
    ? Spoken<Item>[]
    : T extends object
      ? { [K in keyof T]: Spoken<T[K]> }
      : T;
/** What the kernel tells of every row that was written: `contact.created`, `contact.updated`, `contact.deleted`, `contact.restored`. */
export interface RowEvent {
  readonly id: string;
  /** For an update: which fields, as they are called on the wire. */
  readonly changed?: readonly string[];
}
/** An event as its reactions get it. */
export interface Told<E extends object> {
  /** The same at every delivery: what happened is told at least once. */
  readonly messageId: string;
  readonly name: string;
  /** The table and the id of the record it happened to. */
  readonly subject: string;
  readonly subjectId: string;
  readonly event: Spoken<E>;
  /** When the transaction began in which it happened. ISO 8601, UTC. */
  readonly at: string;
}

/** What is done because something happened: a command that runs once for each event, after the commit, as the system. */
export abstract class Reaction<E extends object = RowEvent> extends Command<unknown> {
  constructor(readonly told: Told<E>) {
    super();
  }
}
type ReactionClass<E extends object = never> = (new (told: Told<E>) => Reaction<E>) & MessageClass;
type EventClass<E extends object> = abstract new (...args: never[]) => E;

const reactions = new Map<string, Map<string, ReactionClass>>();

/** Binds a handler to a reaction, and the reaction to what it waits for: an event class, or a row's `contact.created`; or several. */
export function Reacts<E extends object>(
  to: EventClass<E> | string | readonly (EventClass<E> | string)[],
  reaction: ReactionClass<E>,
): ClassDecorator {
  for (const event of [to].flat() as (EventClass<E> | string)[]) {
    const name = typeof event === 'string' ? event : dotted(event.name);
    if (!reactions.has(name)) reactions.set(name, new Map());
    reactions.get(name)!.set(reaction.name, reaction as unknown as ReactionClass);
  }
  return Handles(reaction, 'system');
}

/** The events that somebody waits for, and how many do. */
export const awaited = (): Record<string, number> => Object.fromEntries([...reactions].map(([name, { size }]) => [name, size]));
/** What waits for an event, by name: the name is half of the key that makes it happen once. */
export const reactionsTo = (event: string): ReadonlyMap<string, new (told: Told<object>) => Command<unknown>> =>
  (reactions.get(event) ?? new Map()) as ReadonlyMap<string, new (told: Told<object>) => Command<unknown>>;
