import { Page } from '#kernel';
import { z } from 'zod';

/** What may be asked of a short list that belongs to a person and no organization. */
export const Paging = z.strictObject({
  page: z.coerce.number().int().min(1).max(10_000).default(1),
  page_size: z.coerce.number().int().min(1).max(100).default(20),
});
export type Paging = z.output<typeof Paging>;

/** One page of rows that are all at hand. */
export function pageOf<Row>(rows: Row[], { page, page_size: size }: Paging): Page<Row> {
  const from = (page - 1) * size;
  return new Page(rows.slice(from, from + size), { page, page_size: size, total: rows.length, has_more: from + size < rows.length });
}
