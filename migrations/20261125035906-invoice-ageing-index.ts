import { Migration } from '@mikro-orm/migrations';

export class Migration20261125035906_invoice_ageing_index extends Migration {

  override name = 'Migration20261125035906_invoice_ageing_index';

  override up(): void | Promise<void> {
    this.addSql(`create index "invoice_tenant_id_id_deleted_at_due_date_index" on "invoice" ("tenant_id", "id", "deleted_at", "due_date");`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop index "invoice_tenant_id_id_deleted_at_due_date_index";`);
  }

}
