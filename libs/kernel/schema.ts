import type { MikroORM } from '@mikro-orm/core';
import { SchemaGenerator } from '@mikro-orm/postgresql';
import { columnOf, entityOf, fieldsOf } from './entity.ts';

/**
 * PostgreSQL checks foreign keys without looking at policies, so a key on `contact_id` alone would accept another tenant's contact.
 * Every key between two tenant tables therefore becomes (tenant_id, contact_id) -> (tenant_id, id), and a named user must be a member:
 * (tenant_id, owner_id) -> membership (organization_id, user_id). Policies say
 * WITH CHECK as well as USING. Made in the target schema itself, so that create, update, migrations
 * and the drift check all see the same keys.
 */
export class TenantSchema extends SchemaGenerator {
  static override register(orm: MikroORM) {
    orm.config.registerExtension('@mikro-orm/schema-generator', () => new TenantSchema(orm.em as never));
  }

  override getTargetSchema(schema?: string, wildcard?: boolean) {
    const target = super.getTargetSchema(schema, wildcard);
    const tenanted = new Set(
      target
        .getTables()
        .filter((table) => table.getColumn('tenant_id'))
        .map((table) => table.name),
    );
    for (const table of target.getTables()) {
      for (const key of Object.values(table.getForeignKeys())) {
        const to = key.referencedTableName.split('.').at(-1)!;
        if (!tenanted.has(table.name) || !tenanted.has(to) || key.columnNames[0] === 'tenant_id') continue;
        key.columnNames = ['tenant_id', ...key.columnNames];
        key.referencedColumnNames = ['tenant_id', ...key.referencedColumnNames];
      }
      for (const policy of table.getPolicies()) policy.check ??= policy.using;
      if (tenanted.has(table.name))
        for (const column of memberColumns(table.name)) Object.assign(table.getForeignKeys(), memberKey(table.name, column));
    }
    return target;
  }
}

const memberColumns = (table: string) => {
  const of = entityOf(table);
  return Object.entries(of ? fieldsOf(of) : {}).flatMap(([name, field]) =>
    field.column.to === 'membership' ? [columnOf(name, field)] : [],
  );
};

const memberKey = (table: string, column: string) => {
  const constraintName = `${table}_${column}_member_foreign`;
  return {
    [constraintName]: {
      constraintName,
      columnNames: ['tenant_id', column],
      localTableName: `public.${table}`,
      referencedTableName: 'public.membership',
      referencedColumnNames: ['organization_id', 'user_id'],
      deleteRule: 'restrict',
      updateRule: undefined,
    },
  };
};
