import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { call } from './actor.ts';
import { unit } from './transaction.ts';
import { now } from './time.ts';
import type { Command } from './use-case.ts';
import { uuidv7 } from './uuidv7.ts';

export interface Later {
  /** When; at once unless given. */
  at?: Date;
  /** Twice the same key of the same kind is one promise; a key of its own unless given. */
  key?: string;
  subjectId?: string;
  /** The organization it is kept inside, where that is not the one of this transaction. It comes from the code, never from a body. */
  organization?: string;
  /** One for all who promise the same for the same moment: a promise is joined as long as nobody has begun to keep it. */
  shared?: boolean;
}

/** Stands for none where a column needs an organization: what concerns the deployment itself, such as a forgotten password. */
export const NO_ORGANIZATION = '00000000-0000-0000-0000-000000000000';

/**
 * Writes the promise of a command: the class by its name, its fields as its payload.
 * @throws TypeError when a field would not be the same after its time in the database: what waits is JSON (an instant as text, say)
 */
export async function scheduleLater(
  em: SqlEntityManager,
  command: Command<unknown>,
  { at, key, subjectId, shared, organization }: Later,
): Promise<void> {
  const { actor: me, requestId } = call();
  const id = uuidv7();
  if (!isJson({ ...command })) throw new TypeError(`${command.constructor.name} cannot wait: its fields must be JSON`);
  if (shared && (await joined(em, command, at ?? now()))) return;
  await em.execute(
    `insert into due (id, organization_id, kind, key, subject_id, payload, request_id, on_behalf_of, due_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (organization_id, kind, key) do nothing`,
    [
      id,
      organization ?? unit()?.tenantId ?? NO_ORGANIZATION,
      command.constructor.name,
      key ?? id,
      subjectId ?? null,
      JSON.stringify(command),
      requestId,
      me.userId ?? me.onBehalfOf ?? null,
      at ?? now(),
    ],
  );
}

/** Held until the commit, so that whoever keeps it sees what this transaction wrote. What is late already is joined by whatever is late. */
async function joined(em: SqlEntityManager, command: Command<unknown>, at: Date): Promise<boolean> {
  const late = at <= now();
  const found = await em.execute<object[]>(
    `select 1 from due where organization_id = ? and kind = ? and payload = ?::jsonb and due_at ${late ? '<=' : '='} ?
       and sent_at is null and leased_until is null and done_at is null and failed_at is null
     limit 1 for share`,
    [unit()?.tenantId ?? NO_ORGANIZATION, command.constructor.name, JSON.stringify(command), late ? now() : at],
  );
  return found.length > 0;
}

const isJson = (value: unknown): boolean =>
  value === undefined || value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value)
    ? true
    : typeof value === 'object' &&
      (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype) &&
      Object.values(value).every(isJson);
