import type { Type } from '@nestjs/common';
import { Command as CqrsCommand, CommandHandler, Query as CqrsQuery, QueryHandler } from '@nestjs/cqrs';
import type { Subject } from './permissions.ts';

/** Changes something: one transaction, audited. */
export abstract class Command<R> extends CqrsCommand<R> {
  /**
   * The organization its transaction runs inside, where that is not the caller's: one that it founds or joins, or that the operator
   * changes. It comes from the code, never from a body: whatever is named here is open to the command.
   */
  readonly inside?: string;
  /** What is done instead, by the system, when it was promised and has failed so often that nobody tries it again. */
  givenUp?(): Command<unknown>;
}
/**
 * Long work in steps: it has no transaction of its own, each step is a command with one. It can be killed and begun again at any time and
 * goes on where it was, because every step writes down in its own transaction how far it came. For jobs and the terminal, and for
 * what takes time before it needs a connection.
 */
export abstract class Process<R> extends Command<R> {}
/** Reads something: PostgreSQL itself keeps it read-only. */
export abstract class Query<R> extends CqrsQuery<R> {}
/** A query over so many rows that its last answer is kept for a moment: see tallies.ts. */
export abstract class Tally<R> extends Query<R> {}
export type Message<R = unknown> = Command<R> | Query<R>;
export type MessageClass = abstract new (...args: never[]) => Message;

/** Who may come in without a permission of their own: anybody; anybody signed in; the operator; only Tessera itself. */
export type Welcome = 'anyone' | 'user' | 'operator' | 'system';
export type Door = { action: string; subject: Subject } | { welcome: Welcome };
type DoorOf = Door | ((message: never) => Door);

interface UseCase {
  door: DoorOf;
  handler: Type;
  message: MessageClass;
}
const useCases = new Map<unknown, UseCase>();
const byName = new Map<string, MessageClass>();

export function doorOf(message: object): Door {
  const found = useCases.get(message.constructor);
  if (!found) throw new Error(`${message.constructor.name} has no handler`);
  return typeof found.door === 'function' ? found.door(message as never) : found.door;
}
/** The door of a message class; undefined where it depends on the message (generic ones). */
export function doorOfClass(message: MessageClass): Door | undefined {
  const door = useCases.get(message)?.door;
  return typeof door === 'function' ? undefined : door;
}
export function handlerOf(message: MessageClass): Type {
  const found = useCases.get(message);
  if (!found) throw new Error(`${message.name} has no handler`);
  return found.handler;
}
/** A message class by its name: how a stored job finds its use case again. */
export const messageNamed = (name: string): MessageClass | undefined => byName.get(name);

/** Binds a private handler to its message and says who may knock: an action on a subject, or a welcome. */
export function Handles(message: MessageClass, ...who: [action: string, subject: Subject] | [Welcome]): ClassDecorator {
  const [action, subject] = who;
  return bind(message, subject ? { action, subject } : { welcome: action as Welcome });
}
/** For the generic messages, whose subject is known only from the message itself. */
export const HandlesAny = <M extends Message>(message: abstract new (...args: never[]) => M, door: (message: M) => Door) =>
  bind(message, door as DoorOf);

function bind(message: MessageClass, door: DoorOf): ClassDecorator {
  return (handler) => {
    if (byName.has(message.name)) throw new Error(`Two use cases are called ${message.name}`);
    byName.set(message.name, message);
    useCases.set(message, { door, handler: handler as unknown as Type, message });
    const marked = message.prototype instanceof Query ? QueryHandler(message as never) : CommandHandler(message as never);
    marked(handler);
  };
}
