import { Handles, type Page, Query, Read } from '#kernel';
import { z } from 'zod';
import { pageOf, type Paging } from './paging.ts';
import { signedIn } from './who.ts';

export const SessionView = z
  .object({
    id: z.guid(),
    user_agent: z.string().nullable(),
    address: z.string().nullable(),
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
    current: z.boolean().meta({ description: 'Whether it is the one that asks' }),
  })
  .meta({ id: 'Session' });

/** The caller's open sessions, the last used first. */
export class ListSessions extends Query<Page<unknown>> {
  constructor(readonly paging: Paging) {
    super();
  }
}

@Handles(ListSessions, 'user')
class Handler {
  constructor(private readonly read: Read) {}

  async execute({ paging }: ListSessions) {
    const { userId, sessionId } = signedIn();
    const rows = await this.read.platform<object>('sessions_of_user', SQL, [userId, sessionId ?? null]);
    return pageOf(rows, paging);
  }
}

const SQL = `select id, user_agent, address, created_at, last_used_at, expires_at, id is not distinct from $2::uuid as current
  from session where user_id = $1::uuid and revoked_at is null and expires_at > now() order by last_used_at desc, id desc limit 1000`;
