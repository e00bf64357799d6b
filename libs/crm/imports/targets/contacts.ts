import { type EntityManager, fieldsOf, insertMany, organization, Refusal } from '#kernel';
import { Contact, settled } from '../../contacts/contact.ts';
import { UpdateContact } from '../../contacts/update-contact.ts';
import { contactsByEmail, keyOf } from '../look-up.ts';
import type { Refused } from '../read-row.ts';
import { columnOf, companiesOf, notThere, ownerOf, ownersOf } from './names.ts';
import type { Created, Prepared, Settled, Target } from './target.ts';

/** People. */
export const contacts: Target = {
  resource: 'contact',
  of: Contact,
  fields: fieldsOf(Contact),

  settle({ values }) {
    try {
      return settled(values);
    } catch (error) {
      if (error instanceof Refusal) return [{ column: null, reason: error.message }];
      throw error;
    }
  },

  async prepare(work, rows) {
    const created: Created[] = [];
    const owners = await ownersOf(work, rows);
    const owned = rows.filter((row) => !ownerOf(work, owners, row).refused);
    const companies = await companiesOf(work, owned, created);
    const taken = await takenEmails(work.em, rows);
    const prepared = rows.map((row): Prepared | Refused => {
      const { ownerId, refused } = ownerOf(work, owners, row);
      if (refused) return refused;
      const { company } = row.names;
      const companyId = company && companies.get(keyOf(company));
      if (company && !companyId) return notThere(work, 'company', 'company', company);
      const { email } = row.values;
      const other = typeof email === 'string' && taken?.get(email);
      if (other && other !== row.known) return { column: columnOf(work, 'email'), reason: 'another contact has this e-mail' };
      if (typeof email === 'string') taken?.set(email, row.known ?? `line ${row.line}`);
      const links = { ...(ownerId ? { ownerId } : {}), ...(companyId ? { companyId } : {}) };
      return { row, values: { ...row.settled, ...links }, changes: { ...row.values, ...links } };
    });
    return { rows: prepared, created };
  },

  async create(_work, rows) {
    return (
      await insertMany(
        Contact,
        rows.map(({ values }) => values as Partial<Contact>),
      )
    ).map(({ id }) => id);
  },

  update({ bus }, id, { changes: { createdAt: _, ...changes } }) {
    return bus.run(new UpdateContact(id, changes));
  },
};

/** E-mails that are in use, where the organization wants them to be unique; the rows' own are added as they come. */
async function takenEmails(em: EntityManager, rows: readonly Settled[]) {
  const emails = rows.flatMap(({ values: { email } }) => (typeof email === 'string' ? [email] : []));
  return organization().settings.unique_emails ? contactsByEmail(em, emails) : undefined;
}
