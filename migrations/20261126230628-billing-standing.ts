import { Migration } from '@mikro-orm/migrations';

export class Migration20261126230628_billing_standing extends Migration {

  override name = 'Migration20261126230628_billing_standing';

  override up(): void | Promise<void> {
    this.addSql(`create table "write_off" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "customer_account_id" uuid not null, "invoice_id" uuid not null, "amount_e4" bigint not null, "currency" char(3) not null, "written_off_on" date not null, "reason" varchar(500) null, primary key ("id"));`);
    this.addSql(`create index "write_off_tenant_id_created_at_id_index" on "write_off" ("tenant_id", "created_at", "id");`);
    this.addSql(`create index "write_off_tenant_id_customer_account_id_created_at_id_index" on "write_off" ("tenant_id", "customer_account_id", "created_at", "id");`);
    this.addSql(`create index "write_off_tenant_id_invoice_id_created_at_id_index" on "write_off" ("tenant_id", "invoice_id", "created_at", "id");`);
    this.addSql(`alter table "write_off" add constraint "write_off_tenant_id_id_unique" unique ("tenant_id", "id");`);

    this.addSql(`alter table "invoice" add "seller_logo" varchar(300) null;`);
    this.addSql(`create index "invoice_credit_notes_created_at_index" on "invoice" ("tenant_id", "created_at", "id") where kind = 'credit_note';`);
    this.addSql(`create index "invoice_credit_notes_updated_at_index" on "invoice" ("tenant_id", "updated_at", "id") where kind = 'credit_note';`);
    this.addSql(`create index "invoice_credit_notes_issue_date_index" on "invoice" ("tenant_id", "issue_date", "id") where kind = 'credit_note';`);
    this.addSql(`create index "invoice_credit_notes_number_index" on "invoice" ("tenant_id", "number", "id") where kind = 'credit_note';`);
    this.addSql(`create index "invoice_credit_notes_due_index" on "invoice" ("tenant_id", "due_e4", "id") where kind = 'credit_note';`);

    this.addSql(`alter table "dunning_step_run" add "suspends" boolean not null default false;`);

    this.addSql(`alter table "subscription" add "past_due_since" date null, add "suspended_on" date null, add "rests_from" date null;`);
    // The owner is kept to an organization as well, and this is for all of them.
    this.addSql(`alter table "subscription" no force row level security;`);
    this.addSql(`update "subscription" set "past_due_since" = ("updated_at" at time zone "zone")::date where "status" = 'past_due';`);
    this.addSql(`alter table "subscription" force row level security;`);
    this.addSql(`alter table "subscription" add constraint "subscription_suspended_check" check ((suspended_on is null) = (rests_from is null) and (status <> 'suspended' or suspended_on is not null));`);

    this.addSql(`alter table "billing_period" add "sold" jsonb null;`);

    this.addSql(`alter table "write_off" add constraint "write_off_customer_account_id_foreign" foreign key ("tenant_id", "customer_account_id") references "customer_account" ("tenant_id", "id") on delete restrict;`);
    this.addSql(`alter table "write_off" add constraint "write_off_invoice_id_foreign" foreign key ("tenant_id", "invoice_id") references "invoice" ("tenant_id", "id") on delete restrict;`);
    this.addSql(`alter table "write_off" add constraint "write_off_amount_check" check (amount_e4 > 0);`);
    this.addSql(`alter table "write_off" enable row level security;`);
    this.addSql(`alter table "write_off" force row level security;`);
    this.addSql(`create policy "write_off_tenant_policy" on "write_off" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "write_off" cascade;`);

    this.addSql(`alter table "billing_period" drop column "sold";`);

    this.addSql(`alter table "dunning_step_run" drop column "suspends";`);

    this.addSql(`drop index "invoice_credit_notes_created_at_index";`);
    this.addSql(`drop index "invoice_credit_notes_updated_at_index";`);
    this.addSql(`drop index "invoice_credit_notes_issue_date_index";`);
    this.addSql(`drop index "invoice_credit_notes_number_index";`);
    this.addSql(`drop index "invoice_credit_notes_due_index";`);
    this.addSql(`alter table "invoice" drop column "seller_logo";`);

    this.addSql(`alter table "subscription" drop constraint "subscription_suspended_check";`);
    this.addSql(`alter table "subscription" drop column "past_due_since", drop column "suspended_on", drop column "rests_from";`);
  }

}
