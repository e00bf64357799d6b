import { type Listed, Organizations } from '#kernel';
import type { INestApplicationContext } from '@nestjs/common';

/** The organizations of these ids or slugs, which commas part, or all. @throws not_found */
export async function chosen(app: INestApplicationContext, named?: string): Promise<Listed[]> {
  const organizations = app.get(Organizations);
  return named ? Promise.all(named.split(',').map((name) => organizations.named(name.trim()))) : organizations.all();
}
