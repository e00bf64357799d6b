import { alreadyExists, type EntityManager } from '#kernel';
import type { Product } from './product.ts';
import type { TaxRate } from './tax-rate.ts';

type Coded = typeof Product | typeof TaxRate;
interface Coding {
  id?: string;
  code?: string | null | undefined;
}
/** Says which record has the code already that another is to have; two at once are told apart by the database. @throws already_exists */
export async function codeIsFree(em: EntityManager, of: Coded, { id, code }: Coding): Promise<void> {
  const other = code ? await em.findOne<Product | TaxRate>(of, { code, ...(id ? { id: { $ne: id } } : {}) }) : null;
  if (other) throw alreadyExists(`${code} is taken`, { existing: { type: of.table, id: other.id } });
}
