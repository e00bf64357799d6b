import { Injectable } from '@nestjs/common';
import type { OrganizationFacts } from '../actor.ts';
import { missing } from '../errors.ts';
import { Read } from '../read.ts';
import { factsOf, type OrganizationColumns, ORGANIZATION_COLUMNS } from './backlog.ts';

type Found = OrganizationColumns & { name: string; slug: string };
export interface Listed extends OrganizationFacts {
  readonly name: string;
  readonly slug: string;
  readonly suspended: boolean;
}

const listed = (row: Found): Listed => ({ ...factsOf(row), name: row.name, slug: row.slug, suspended: row.suspended });

/** The organizations, for work that goes through them one by one. */
@Injectable()
export class Organizations {
  constructor(private readonly read: Read) {}

  /** All that are not deleted, the oldest first. */
  async all(): Promise<Listed[]> {
    const rows = await this.read.platform<Found>(
      'all organizations',
      `select o.name, o.slug, ${ORGANIZATION_COLUMNS} from organization o where o.deleted_at is null order by o.created_at, o.id`,
      [],
    );
    return rows.map(listed);
  }

  /** One by its id or slug. */
  async find(idOrSlug: string): Promise<Listed | undefined> {
    const [row] = await this.read.platform<Found>(
      'organization by name',
      `select o.name, o.slug, ${ORGANIZATION_COLUMNS} from organization o where o.deleted_at is null and (o.id::text = $1 or o.slug = $1)`,
      [idOrSlug],
    );
    return row && listed(row);
  }

  /** One by its id or slug. @throws not_found */
  async named(idOrSlug: string): Promise<Listed> {
    const found = await this.find(idOrSlug);
    if (!found) throw missing('Organization');
    return found;
  }
}
