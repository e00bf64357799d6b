import { type Actor, allows, type EntityManager, organization, tenantId } from '#kernel';
import { sql } from 'kysely';
import { Company } from '../companies/company.ts';
import { Contact } from '../contacts/contact.ts';
import { deriveName, splitName } from '../contacts/name.ts';
import { Deal } from '../deals/deal.ts';
import type { ImportedResource } from './guess-columns.ts';

/** Names and e-mails are the same in any case, and however many spaces they have. */
export const keyOf = (name: string) => name.trim().replace(/\s+/g, ' ').toLowerCase();

/** The same of a person who is named by e-mail or name: "Lovelace, Ada" is called as she is once she has become a contact. */
export const personKeyOf = (name: string) => keyOf(name.includes('@') ? name : deriveName(splitName(name)));

type Found = { key: string; id: string; owner_id: string | null };
/** The oldest when several are called the same. */
const firstOf = (rows: readonly Found[]) => new Map([...rows].reverse().map(({ key, id }) => [key, id]));

const SOURCES = { contact: Contact, company: Company, deal: Deal };

/** Living records that somebody may see by their names (as `keyOf` writes them), one query for all. */
export async function byName(
  em: EntityManager,
  resource: ImportedResource,
  names: readonly string[],
  reader: Actor,
): Promise<Map<string, string>> {
  if (!names.length) return new Map();
  const name = sql.ref(resource === 'deal' ? 'title' : 'name');
  // The names of contacts are stored with single spaces, and there are many of them.
  const key = resource === 'contact' ? sql`lower(${name})` : sql`lower(regexp_replace(${name}, '\\s+', ' ', 'g'))`;
  const { rows } = await sql<Found>`select ${key} as key, id, owner_id from ${sql.table(resource)}
    where tenant_id = ${tenantId()} and deleted_at is null and ${key} = any(${names}::text[])
    order by created_at, id`.execute(em.getKysely());
  return firstOf(rows.filter((row) => allows(reader, 'read', SOURCES[resource], row)));
}

/** The same by e-mail; without a reader, also those that nobody here may see. */
export async function contactsByEmail(em: EntityManager, emails: readonly string[], reader?: Actor): Promise<Map<string, string>> {
  if (!emails.length) return new Map();
  const { rows } = await sql<Found>`select email as key, id, owner_id from contact
    where tenant_id = ${tenantId()} and deleted_at is null and email = any(${emails}::text[]) order by created_at, id`.execute(
    em.getKysely(),
  );
  return firstOf(reader ? rows.filter((row) => allows(reader, 'read', Contact, row)) : rows);
}

/** Members of the organization by e-mail or name; those who left are none any more. */
export async function members(em: EntityManager, names: readonly string[]): Promise<Map<string, string>> {
  if (!names.length) return new Map();
  const { rows } = await sql<{
    id: string;
    email: string;
    name: string;
  }>`select u.id, u.email, lower(regexp_replace(trim(u.name), '\\s+', ' ', 'g')) as name
    from membership m join "user" u on u.id = m.user_id
    where m.organization_id = ${organization().id} and m.status <> 'left'
      and (u.email = any(${names}::text[]) or lower(regexp_replace(trim(u.name), '\\s+', ' ', 'g')) = any(${names}::text[]))
    order by u.created_at desc, u.id desc`.execute(em.getKysely());
  return new Map([...rows.map(({ name, id }) => [name, id] as const), ...rows.map(({ email, id }) => [email, id] as const)]);
}

/**
 * What was imported before under these ids and lives, with the fingerprint of the row it was made of. Also what the reader may not see: an
 * id of another system stands for one record of the organization, whoever brought it in.
 */
export async function referenced(
  em: EntityManager,
  source: string,
  resource: ImportedResource,
  ids: readonly string[],
): Promise<Map<string, { id: string; fingerprint: string }>> {
  if (!ids.length) return new Map();
  const { rows } = await sql<{
    key: string;
    id: string;
    fingerprint: string;
  }>`select r.external_id as key, r.subject_id as id, r.fingerprint
    from external_reference r join ${sql.table(resource)} s on s.tenant_id = r.tenant_id and s.id = r.subject_id and s.deleted_at is null
    where r.tenant_id = ${tenantId()} and r.deleted_at is null and r.source = ${source} and r.resource = ${resource}
      and r.external_id = any(${ids}::text[])`.execute(em.getKysely());
  return new Map(rows.map(({ key, id, fingerprint }) => [key, { id, fingerprint }]));
}
