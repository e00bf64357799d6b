import { closeCursor, Handles, invalid, openCursor, Page, Query, Read, tenantId } from '#kernel';
import { z } from 'zod';
import { Contact } from '../contacts/contact.ts';
import { ContactView } from '../contacts/contact-view.ts';
import { entriesOf, type Entry, timelineKinds, timelinePart } from './timeline.ts';

export const TimelineEntry = z
  .object({ at: z.iso.datetime(), kind: z.string(), id: z.guid(), title: z.string().nullable(), detail: z.record(z.string(), z.unknown()) })
  .meta({ id: 'TimelineEntry' });

export const TimelineQuery = z
  .strictObject({
    cursor: z.string().max(2000).optional().meta({ description: 'where to go on; empty or absent begins' }),
    page_size: z.coerce.number().int().min(1).max(100).default(20),
    kind: z
      .union([z.string(), z.array(z.string()).max(50)])
      .optional()
      .meta({ description: 'only these kinds, such as task or deal; repeatable' }),
  })
  .meta({ id: 'TimelineQuery' });

/** Everything around a contact, newest first. Each context contributes its part; see timeline.ts. */
export class ContactTimeline extends Query<Page<Entry>> {
  constructor(
    readonly contactId: string,
    readonly asked: z.output<typeof TimelineQuery>,
  ) {
    super();
  }
}

@Handles(ContactTimeline, 'read', Contact)
class Handler {
  constructor(private readonly read: Read) {}

  async execute({ contactId, asked: { cursor, page_size: size, kind } }: ContactTimeline) {
    const kinds = kindsOf(kind);
    const binding = `${tenantId()} timeline ${contactId} ${kinds.join()}`;
    const after = cursor ? (openCursor(cursor, binding) as [string, string]) : null;
    await this.read.one(ContactView, contactId);
    const parts = kinds.flatMap((name) => entriesOf(this.read, timelinePart(name), contactId, after, size + 1));
    const all = this.read.union<Entry>(parts as never);
    const found = await this.read.some(
      all
        .selectAll('part')
        .orderBy('part.at', 'desc')
        .orderBy('part.id', 'desc')
        .limit(size + 1) as never,
    );
    return this.turned(found as Entry[], size, binding);
  }

  private turned(found: Entry[], size: number, binding: string) {
    const more = found.length > size;
    const entries = found
      .slice(0, size)
      .map((entry) => ({ ...entry, detail: timelinePart(entry.kind).finish?.(entry.detail) ?? entry.detail }));
    const last = entries.at(-1);
    const next = more && last ? closeCursor([last.at, last.id], binding) : null;
    return new Page(entries, { page_size: size, next_cursor: next, has_more: more });
  }
}

function kindsOf(asked: string | string[] | undefined): string[] {
  const known = timelineKinds();
  const kinds = asked === undefined ? known : [...new Set([asked].flat())].sort();
  const unknown = kinds.filter((kind) => !known.includes(kind));
  if (!unknown.length) return kinds;
  const message = `knows ${known.join(', ')}, not ${unknown.join(', ')}`;
  throw invalid(`kind ${message}`, { details: [{ parameter: 'kind', code: 'unknown', message }] });
}
