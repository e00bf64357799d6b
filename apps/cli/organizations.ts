import { type Listed, Organizations } from '#kernel';
import type { INestApplicationContext } from '@nestjs/common';

/** The organization of this id or slug, or all. @throws not_found */
export async function chosen(app: INestApplicationContext, named?: string): Promise<Listed[]> {
  const organizations = app.get(Organizations);
  return named ? [await organizations.named(named)] : organizations.all();
}
