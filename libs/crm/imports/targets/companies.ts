import { fieldsOf, insertMany } from '#kernel';
import { Company, tidied } from '../../companies/company.ts';
import { UpdateCompany } from '../../companies/update-company.ts';
import { byName, keyOf } from '../look-up.ts';
import type { Refused } from '../read-row.ts';
import { columnOf, ownerOf, ownersOf } from './names.ts';
import type { Prepared, Target } from './target.ts';

/** Companies; a parent may come later in the file than its daughters. */
export const companies: Target = {
  resource: 'company',
  of: Company,
  fields: fieldsOf(Company),

  settle({ values }) {
    return values.name ? tidied(values) : [{ column: null, reason: 'a company needs a name' }];
  },

  async prepare(work, rows) {
    const owners = await ownersOf(work, rows);
    const named = new Set(rows.flatMap(({ names }) => (names.parent ? [keyOf(names.parent)] : [])));
    const parents = await byName(work.em, 'company', [...named], work.starter);
    const prepared = rows.map((row): Prepared | Refused => {
      const { ownerId, refused } = ownerOf(work, owners, row);
      if (refused) return refused;
      const { parent } = row.names;
      const column = columnOf(work, 'parent');
      const own = parent !== undefined && keyOf(parent) === keyOf(String(row.values.name));
      // A record that is there already may have daughters: only its own use case knows whether the new parent is one of them.
      const parentId = parent && !own && !row.known ? parents.get(keyOf(parent)) : undefined;
      const links = { ...(ownerId ? { ownerId } : {}), ...(parentId ? { parentId } : {}) };
      return {
        row,
        values: { ...row.settled, ...links },
        changes: { ...row.values, ...links },
        ...(own ? { without: { column, reason: 'a company is not its own parent' } } : {}),
        ...(parent && !parentId && !own ? { pending: { column, reason: `there is no company called ${parent}`, name: parent } } : {}),
      };
    });
    return { rows: prepared, created: [] };
  },

  async create(_work, rows) {
    return (
      await insertMany(
        Company,
        rows.map(({ values }) => values as Partial<Company>),
      )
    ).map(({ id }) => id);
  },

  update({ bus }, id, { changes: { createdAt: _, ...changes } }) {
    return bus.run(new UpdateCompany(id, changes));
  },
};
