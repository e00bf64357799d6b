import { Migration } from '@mikro-orm/migrations';

export class Migration20261125035121_documents extends Migration {

  override name = 'Migration20261125035121_documents';

  override up(): void | Promise<void> {
    this.addSql(`create table "document_design" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "design" jsonb not null, primary key ("id"));`);
    this.addSql(`create index "document_design_tenant_id_created_at_id_index" on "document_design" ("tenant_id", "created_at", "id");`);
    this.addSql(`alter table "document_design" add constraint "document_design_tenant_id_id_unique" unique ("tenant_id", "id");`);

    this.addSql(`create table "document_template" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "name" varchar(100) not null, "is_default" boolean not null default false, "billing_entity_id" uuid null, "locale" varchar(35) not null, "page_size" text not null default 'A4', "accent_color" varchar(7) not null default '#1f3a5f', "intro" text null, "payment_terms" text null, "footer" text null, "logo" varchar(300) null, "design_id" uuid null, primary key ("id"));`);
    this.addSql(`create index "document_template_tenant_id_created_at_id_index" on "document_template" ("tenant_id", "created_at", "id");`);
    this.addSql(`create index "document_template_tenant_id_billing_entity_id_crea_b07f5_index" on "document_template" ("tenant_id", "billing_entity_id", "created_at", "id");`);
    this.addSql(`alter table "document_template" add constraint "document_template_tenant_id_id_unique" unique ("tenant_id", "id");`);
    this.addSql(`create unique index "document_template_tenant_id_is_default_unique" on "document_template" ("tenant_id", "is_default") where deleted_at is null and is_default;`);
    this.addSql(`create unique index "document_template_tenant_id_billing_entity_id_unique" on "document_template" ("tenant_id", "billing_entity_id") where deleted_at is null and billing_entity_id is not null;`);

    this.addSql(`create table "invoice_delivery" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "invoice_id" uuid not null, "automatic" boolean not null, "email" varchar(320) not null, "message" text null, "status" text not null default 'planned', "sent_at" timestamptz(3) null, primary key ("id"));`);
    this.addSql(`create index "invoice_delivery_tenant_id_created_at_id_index" on "invoice_delivery" ("tenant_id", "created_at", "id");`);
    this.addSql(`create index "invoice_delivery_tenant_id_invoice_id_created_at_id_index" on "invoice_delivery" ("tenant_id", "invoice_id", "created_at", "id");`);
    this.addSql(`alter table "invoice_delivery" add constraint "invoice_delivery_tenant_id_id_unique" unique ("tenant_id", "id");`);
    this.addSql(`create unique index "invoice_delivery_tenant_id_invoice_id_unique" on "invoice_delivery" ("tenant_id", "invoice_id") where deleted_at is null and automatic;`);

    this.addSql(`alter table "billing_entity" add "emails_recurring" boolean not null default true;`);

    this.addSql(`alter table "invoice" add "design_id" uuid null;`);

    this.addSql(`alter table "document_design" enable row level security;`);
    this.addSql(`alter table "document_design" force row level security;`);
    this.addSql(`create policy "document_design_tenant_policy" on "document_design" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);`);

    this.addSql(`alter table "document_template" add constraint "document_template_billing_entity_id_foreign" foreign key ("tenant_id", "billing_entity_id") references "billing_entity" ("tenant_id", "id") on delete restrict;`);
    this.addSql(`alter table "document_template" add constraint "document_template_scope_check" check (not is_default or billing_entity_id is null);`);
    this.addSql(`alter table "document_template" add constraint "document_template_page_size_check" check ("page_size" in ('A4', 'LETTER'));`);
    this.addSql(`alter table "document_template" enable row level security;`);
    this.addSql(`alter table "document_template" force row level security;`);
    this.addSql(`create policy "document_template_tenant_policy" on "document_template" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);`);

    this.addSql(`alter table "invoice_delivery" add constraint "invoice_delivery_invoice_id_foreign" foreign key ("tenant_id", "invoice_id") references "invoice" ("tenant_id", "id") on delete restrict;`);
    this.addSql(`alter table "invoice_delivery" add constraint "invoice_delivery_sent_check" check ((status = 'sent') = (sent_at is not null));`);
    this.addSql(`alter table "invoice_delivery" add constraint "invoice_delivery_status_check" check ("status" in ('planned', 'sent', 'withdrawn'));`);
    this.addSql(`alter table "invoice_delivery" enable row level security;`);
    this.addSql(`alter table "invoice_delivery" force row level security;`);
    this.addSql(`create policy "invoice_delivery_tenant_policy" on "invoice_delivery" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop table if exists "document_design" cascade;`);
    this.addSql(`drop table if exists "document_template" cascade;`);
    this.addSql(`drop table if exists "invoice_delivery" cascade;`);

    this.addSql(`alter table "billing_entity" drop column "emails_recurring";`);

    this.addSql(`alter table "invoice" drop column "design_id";`);
  }

}
