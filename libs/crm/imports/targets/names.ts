import { fieldsOf, insertMany, invalid, type Source, type TenantRow } from '#kernel';
import { Company } from '../../companies/company.ts';
import { Contact, settled } from '../../contacts/contact.ts';
import { WOULD_BE_MADE } from '../expected.ts';
import { inParts } from '../in-parts.ts';
import { byName, contactsByEmail, keyOf, members, personKeyOf } from '../look-up.ts';
import { columnsOf } from '../mapping.ts';
import type { Named, ReadRow, Refused } from '../read-row.ts';
import type { Created, Work } from './target.ts';

/** What rows name, each once, by its key. */
const distinct = (rows: readonly ReadRow[], name: Named, key = keyOf) =>
  new Map(rows.toReversed().flatMap(({ names }) => (names[name] ? [[key(names[name]), names[name].replace(/\s+/g, ' ')] as const] : [])));

/** The column of a field, as the file calls it. */
export const columnOf = ({ order }: Work, field: string): string => {
  const origin = order.columns[field];
  return (origin && columnsOf(origin)[0]) ?? field;
};
/** Said of a record that would have been made, it cannot be called so. */
export const notThere = (work: Work, field: Named, what: string, name: string): Refused => {
  const { missing } = work.order.mapping;
  const wanted = (field === 'company' || field === 'contact') && missing[field] === 'create';
  return { column: columnOf(work, field), reason: `there is no ${what} called ${name}${wanted ? ', and none can be' : ''}` };
};

/** The members whom rows name as owners. */
export async function ownersOf(work: Work, rows: readonly ReadRow[]): Promise<Map<string, string>> {
  const names = [...distinct(rows, 'owner').keys()];
  const expected = names.filter((name) => work.expected?.has('member', name));
  return new Map([...expected.map((name) => [name, WOULD_BE_MADE] as const), ...(await members(work.em, names))]);
}

/** The owner of a row: his id, why there is none, or nobody named. */
export function ownerOf(work: Work, owners: ReadonlyMap<string, string>, { names }: ReadRow): { ownerId?: string; refused?: Refused } {
  if (!names.owner) return {};
  const ownerId = owners.get(keyOf(names.owner));
  if (ownerId) return { ownerId };
  return work.order.mapping.missing.owner === 'ignore' ? {} : { refused: notThere(work, 'owner', 'member', names.owner) };
}

/** The companies that rows name; those that are missing are made when the mapping says so. */
export async function companiesOf(work: Work, rows: readonly ReadRow[], created: Created[]): Promise<Map<string, string>> {
  return found(
    work,
    'company',
    distinct(rows, 'company'),
    created,
    (name) => ({ name }),
    Company,
    (keys) => byName(work.em, 'company', keys, work.starter),
  );
}

/** The contacts that rows name, by e-mail or name; by the keys that `personKeyOf` makes of them. */
export async function contactsOf(work: Work, rows: readonly ReadRow[], created: Created[]): Promise<Map<string, string>> {
  const made = (name: string) => settled(name.includes('@') ? { email: keyOf(name), name: name.split('@')[0]! } : { name });
  return found(work, 'contact', distinct(rows, 'contact', personKeyOf), created, made, Contact, async (keys) => {
    const emails = await contactsByEmail(
      work.em,
      keys.filter((key) => key.includes('@')),
      work.starter,
    );
    return new Map([...(await byName(work.em, 'contact', keys, work.starter)), ...emails]);
  });
}

async function found<T extends TenantRow>(
  work: Work,
  resource: 'company' | 'contact',
  names: Map<string, string>,
  created: Created[],
  valuesOf: (name: string) => Partial<T>,
  of: Source & (new () => T),
  look: (keys: string[]) => Promise<Map<string, string>>,
): Promise<Map<string, string>> {
  const known = await look([...names.keys()]);
  for (const key of names.keys()) if (!known.has(key) && work.expected?.has(resource, key)) known.set(key, WOULD_BE_MADE);
  const missing = [...names].filter(([key]) => !known.has(key));
  if (!missing.length || work.order.mapping.missing[resource] === 'report') return known;
  const make = async (some: typeof missing): Promise<{ id: string }[]> => {
    const rows = some.map(([, name]) => fitting(of, valuesOf(name)));
    return work.expected ? rows.map(() => ({ id: WOULD_BE_MADE })) : insertMany(of, rows);
  };
  // A name that is refused leaves its own rows without a record, and no others.
  for (const [index, outcome] of (await inParts(work.bus, missing, make)).entries()) {
    if ('refused' in outcome) continue;
    const { id } = outcome.made;
    known.set(missing[index]![0], id);
    if (!work.expected) created.push({ resource, id });
  }
  return known;
}

/** Values as their fields take them, like those that are sent. @throws request.invalid */
function fitting<T extends object>(of: Source, values: T): T {
  for (const [name, value] of Object.entries(values))
    if (value !== undefined && !fieldsOf(of)[name]?.check.safeParse(value).success) throw invalid(`${name} is not allowed`);
  return values;
}
