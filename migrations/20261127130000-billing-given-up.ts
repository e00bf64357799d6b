import { Migration } from '@mikro-orm/migrations';

export class Migration20261127130000_billing_given_up extends Migration {

  override name = 'Migration20261127130000_billing_given_up';

  override up(): void | Promise<void> {
    this.addSql(`alter table "billing_run" drop constraint "billing_run_status_check";`);
    this.addSql(`alter table "billing_run" add constraint "billing_run_status_check" check ("status" in ('running', 'done', 'failed'));`);
    this.addSql(`alter table "dunning_step_run" drop constraint "dunning_step_run_status_check";`);
    this.addSql(`alter table "dunning_step_run" add constraint "dunning_step_run_status_check" check ("status" in ('planned', 'sent', 'settled', 'no_address', 'failed'));`);
    this.addSql(`alter table "invoice_delivery" drop constraint "invoice_delivery_status_check";`);
    this.addSql(`alter table "invoice_delivery" add constraint "invoice_delivery_status_check" check ("status" in ('planned', 'sent', 'withdrawn', 'failed'));`);
  }

  override down(): void | Promise<void> {
    // The owner is kept to an organization as well, and this is for all of them.
    for (const [table, status] of [
      ['billing_run', 'done'],
      ['dunning_step_run', 'planned'],
      ['invoice_delivery', 'planned'],
    ]) {
      this.addSql(`alter table "${table}" no force row level security;`);
      this.addSql(`update "${table}" set "status" = '${status}' where "status" = 'failed';`);
      this.addSql(`alter table "${table}" force row level security;`);
    }

    this.addSql(`alter table "billing_run" drop constraint "billing_run_status_check";`);
    this.addSql(`alter table "billing_run" add constraint "billing_run_status_check" check ("status" in ('running', 'done'));`);
    this.addSql(`alter table "dunning_step_run" drop constraint "dunning_step_run_status_check";`);
    this.addSql(`alter table "dunning_step_run" add constraint "dunning_step_run_status_check" check ("status" in ('planned', 'sent', 'settled', 'no_address'));`);
    this.addSql(`alter table "invoice_delivery" drop constraint "invoice_delivery_status_check";`);
    this.addSql(`alter table "invoice_delivery" add constraint "invoice_delivery_status_check" check ("status" in ('planned', 'sent', 'withdrawn'));`);
  }

}
