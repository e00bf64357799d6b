-- The tables as the entities declare them; written by UPDATE=1 npm test -- laws/openapi
create table "audit_entry" ("id" uuid not null, "tenant_id" uuid not null, "at" timestamptz(3) not null default now(), "actor_kind" text not null, "user_id" uuid null, "api_key_id" uuid null, "on_behalf_of" uuid null, "request_id" text not null, "action" text not null, "subject" text not null, "subject_id" uuid not null, "content" json null, "salt" text not null, "content_hash" text not null, primary key ("id"));
create index "audit_entry_tenant_id_at_id_index" on "audit_entry" ("tenant_id", "at", "id");
create index "audit_entry_tenant_id_subject_subject_id_at_index" on "audit_entry" ("tenant_id", "subject", "subject_id", "at");

create table "audit_seal" ("tenant_id" uuid not null, "position" bigint not null, "entry_id" uuid not null, "hash" text not null, "sealed_at" timestamptz(3) not null default now(), primary key ("tenant_id", "position"));
alter table "audit_seal" add constraint "audit_seal_tenant_id_entry_id_unique" unique ("tenant_id", "entry_id");

create table "billing_entity" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "name" varchar(200) not null, "is_default" boolean not null default false, "address" jsonb null, "email" varchar(320) null, "vat_id" varchar(30) null, "tax_number" varchar(40) null, "registration_number" varchar(40) null, "electronic_address" varchar(100) null, "currency" char(3) not null, "time_zone" varchar(64) not null, "bank_details" jsonb null, "logo" varchar(300) null, "terms_days" int not null default 30, "prices_include_tax" boolean not null default false, "invoice_pattern" varchar(60) not null default 'INV-{YYYY}-{00000}', "credit_note_pattern" varchar(60) not null default 'CN-{YYYY}-{00000}', "proforma_pattern" varchar(60) not null default 'PRO-{YYYY}-{00000}', "footer" text null, "emails_recurring" boolean not null default true, "custom" jsonb not null, primary key ("id"));
create index "billing_entity_tenant_id_created_at_id_index" on "billing_entity" ("tenant_id", "created_at", "id");
alter table "billing_entity" add constraint "billing_entity_tenant_id_id_unique" unique ("tenant_id", "id");
create unique index "billing_entity_tenant_id_is_default_unique" on "billing_entity" ("tenant_id", "is_default") where deleted_at is null and is_default;

create table "billing_run" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "as_of" timestamptz(3) not null, "dry_run" boolean not null default false, "status" text not null default 'running', "subscriptions" int not null default 0, "invoices" int not null default 0, "periods" int not null default 0, "paused_periods" int not null default 0, "skipped_periods" int not null default 0, "parked" int not null default 0, "planned" jsonb not null, "finished_at" timestamptz(3) null, primary key ("id"));
create index "billing_run_tenant_id_created_at_id_index" on "billing_run" ("tenant_id", "created_at", "id");
create index "billing_run_tenant_id_status_created_at_id_index" on "billing_run" ("tenant_id", "status", "created_at", "id");
alter table "billing_run" add constraint "billing_run_tenant_id_id_unique" unique ("tenant_id", "id");
alter table "billing_run" add constraint "billing_run_status_check" check ("status" in ('running', 'done', 'failed'));

create table "company" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "owner_id" uuid null, "custom" jsonb not null, "name" varchar(255) not null, "domain" varchar(253) null, "industry" varchar(100) null, "employees" int null, "annual_revenue_e4" bigint null, "currency" char(3) not null, "founded_year" int null, "parent_id" uuid null, "address" jsonb null, "phone" varchar(40) null, "website" varchar(500) null, "tags" text[] not null, "notes" text null, primary key ("id"));
create index "company_tenant_id_created_at_id_index" on "company" ("tenant_id", "created_at", "id");
create index "company_tenant_id_name_id_index" on "company" ("tenant_id", "name", "id");
create index "company_tenant_id_domain_index" on "company" ("tenant_id", "domain");
create index "company_tenant_id_updated_at_id_index" on "company" ("tenant_id", "updated_at", "id");
create index "company_tenant_id_employees_id_index" on "company" ("tenant_id", "employees", "id");
create index "company_tenant_id_annual_revenue_e4_id_index" on "company" ("tenant_id", "annual_revenue_e4", "id");
create index "company_tenant_id_founded_year_id_index" on "company" ("tenant_id", "founded_year", "id");
create index "company_tenant_id_owner_id_created_at_id_index" on "company" ("tenant_id", "owner_id", "created_at", "id");
create index "company_tenant_id_parent_id_created_at_id_index" on "company" ("tenant_id", "parent_id", "created_at", "id");
alter table "company" add constraint "company_tenant_id_id_unique" unique ("tenant_id", "id");
alter table "company" add constraint "company_parent_check" check (parent_id <> id);
create or replace function "company_company_search_fn"() returns trigger as $$ begin if tg_op = 'UPDATE' then if (new.name, new.domain, new.phone) is not distinct from (old.name, old.domain, old.phone) then return null; end if; end if; perform search.put('company', new.tenant_id, new.id, concat_ws(' ', new.name, new.domain, new.phone, regexp_replace(new.phone, '[^0-9]', '', 'g'))); return null; end; $$ language plpgsql;
create trigger "company_search" AFTER INSERT OR UPDATE on "company" for each ROW execute function "company_company_search_fn"();

create table "contact" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "owner_id" uuid null, "custom" jsonb not null, "name" varchar(255) not null default '', "first_name" varchar(100) null, "last_name" varchar(100) null, "company_name" varchar(255) null, "company_id" uuid null, "email" varchar(320) null, "emails" jsonb not null, "phone" varchar(40) null, "phone_typed" varchar(40) null, "phones" jsonb not null, "kinds" text[] not null, "job_title" varchar(100) null, "address" jsonb null, "birthday" date null, "tags" text[] not null, "source" varchar(100) null, "notes" text null, "consent" jsonb not null, "unique_email" varchar(320) null, primary key ("id"));
create index "contact_tenant_id_created_at_id_index" on "contact" ("tenant_id", "created_at", "id");
create index "contact_tenant_id_email_index" on "contact" ("tenant_id", "email");
create index "contact_tenant_id_phone_index" on "contact" ("tenant_id", "phone");
create index "contact_tenant_id_name_id_index" on "contact" ("tenant_id", "name", "id");
create index "contact_tenant_id_first_name_id_index" on "contact" ("tenant_id", "first_name", "id");
create index "contact_tenant_id_last_name_id_index" on "contact" ("tenant_id", "last_name", "id");
create index "contact_tenant_id_updated_at_id_index" on "contact" ("tenant_id", "updated_at", "id");
create index "contact_tenant_id_owner_id_created_at_id_index" on "contact" ("tenant_id", "owner_id", "created_at", "id");
create index "contact_tenant_id_company_id_created_at_id_index" on "contact" ("tenant_id", "company_id", "created_at", "id");
alter table "contact" add constraint "contact_tenant_id_id_unique" unique ("tenant_id", "id");
create unique index "contact_tenant_id_unique_email_unique" on "contact" ("tenant_id", "unique_email") where deleted_at is null;
create or replace function "contact_contact_search_fn"() returns trigger as $$ begin if tg_op = 'UPDATE' then if (new.name, new.company_name, new.email, new.phone, new.phone_typed, new.emails, new.phones) is not distinct from (old.name, old.company_name, old.email, old.phone, old.phone_typed, old.emails, old.phones) then return null; end if; end if; perform search.put('contact', new.tenant_id, new.id, concat_ws(' ', new.name, new.company_name, new.email, new.phone, new.phone_typed, regexp_replace(new.phone, '[^0-9]', '', 'g'), regexp_replace(new.phone_typed, '[^0-9]', '', 'g'), case when jsonb_array_length(new.emails) > 1 then (select string_agg(way ->> 'email', ' ') from jsonb_array_elements(new.emails) way) end, case when jsonb_array_length(new.phones) > 1 then (select string_agg(concat_ws(' ', way ->> 'phone', way ->> 'typed', regexp_replace(way ->> 'phone', '[^0-9]', '', 'g'), regexp_replace(way ->> 'typed', '[^0-9]', '', 'g')), ' ') from jsonb_array_elements(new.phones) way) end)); return null; end; $$ language plpgsql;
create trigger "contact_search" AFTER INSERT OR UPDATE on "contact" for each ROW execute function "contact_contact_search_fn"();

create table "customer_account" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "owner_id" uuid null, "custom" jsonb not null, "contact_id" uuid null, "company_id" uuid null, "name" varchar(255) null, "email" varchar(320) null, "address" jsonb null, "tax_id" varchar(30) null, "registration_number" varchar(40) null, "electronic_address" varchar(100) null, "buyer_reference" varchar(100) null, "tax_status" text not null default 'taxable', "currency" char(3) not null, "terms_days" int null, primary key ("id"));
create index "customer_account_tenant_id_created_at_id_index" on "customer_account" ("tenant_id", "created_at", "id");
create index "customer_account_tenant_id_updated_at_id_index" on "customer_account" ("tenant_id", "updated_at", "id");
create index "customer_account_tenant_id_name_id_index" on "customer_account" ("tenant_id", "name", "id");
create index "customer_account_tenant_id_tax_id_index" on "customer_account" ("tenant_id", "tax_id");
create index "customer_account_tenant_id_owner_id_created_at_id_index" on "customer_account" ("tenant_id", "owner_id", "created_at", "id");
create index "customer_account_tenant_id_contact_id_created_at_id_index" on "customer_account" ("tenant_id", "contact_id", "created_at", "id");
create index "customer_account_tenant_id_company_id_created_at_id_index" on "customer_account" ("tenant_id", "company_id", "created_at", "id");
alter table "customer_account" add constraint "customer_account_tenant_id_id_unique" unique ("tenant_id", "id");
create unique index "customer_account_tenant_id_contact_id_unique" on "customer_account" ("tenant_id", "contact_id") where deleted_at is null;
create unique index "customer_account_tenant_id_company_id_unique" on "customer_account" ("tenant_id", "company_id") where deleted_at is null;
alter table "customer_account" add constraint "customer_account_customer_check" check (num_nonnulls(contact_id, company_id) = 1);
alter table "customer_account" add constraint "customer_account_tax_status_check" check ("tax_status" in ('taxable', 'reverse_charge', 'exempt'));
create or replace function "customer_account_customer_account_search_fn"() returns trigger as $$ begin if tg_op = 'UPDATE' then if (new.name, new.email, new.tax_id) is not distinct from (old.name, old.email, old.tax_id) then return null; end if; end if; perform search.put('customer_account', new.tenant_id, new.id, concat_ws(' ', new.name, new.email, new.tax_id)); return null; end; $$ language plpgsql;
create trigger "customer_account_search" AFTER INSERT OR UPDATE on "customer_account" for each ROW execute function "customer_account_customer_account_search_fn"();

create table "document_design" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "design" jsonb not null, primary key ("id"));
create index "document_design_tenant_id_created_at_id_index" on "document_design" ("tenant_id", "created_at", "id");
alter table "document_design" add constraint "document_design_tenant_id_id_unique" unique ("tenant_id", "id");

create table "document_template" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "name" varchar(100) not null, "is_default" boolean not null default false, "billing_entity_id" uuid null, "locale" varchar(35) not null, "page_size" text not null default 'A4', "accent_color" varchar(7) not null default '#1f3a5f', "intro" text null, "payment_terms" text null, "footer" text null, "logo" varchar(300) null, "design_id" uuid null, primary key ("id"));
create index "document_template_tenant_id_created_at_id_index" on "document_template" ("tenant_id", "created_at", "id");
create index "document_template_tenant_id_billing_entity_id_crea_b07f5_index" on "document_template" ("tenant_id", "billing_entity_id", "created_at", "id");
alter table "document_template" add constraint "document_template_tenant_id_id_unique" unique ("tenant_id", "id");
create unique index "document_template_tenant_id_is_default_unique" on "document_template" ("tenant_id", "is_default") where deleted_at is null and is_default;
create unique index "document_template_tenant_id_billing_entity_id_unique" on "document_template" ("tenant_id", "billing_entity_id") where deleted_at is null and billing_entity_id is not null;
alter table "document_template" add constraint "document_template_scope_check" check (not is_default or billing_entity_id is null);
alter table "document_template" add constraint "document_template_page_size_check" check ("page_size" in ('A4', 'LETTER'));

create table "due" ("id" uuid not null, "organization_id" uuid not null, "kind" text not null, "key" text not null, "subject_id" uuid null, "payload" jsonb not null, "request_id" text not null, "on_behalf_of" uuid null, "created_at" timestamptz(3) not null default now(), "due_at" timestamptz(3) not null, "sent_at" timestamptz(3) null, "done_at" timestamptz(3) null, "failed_at" timestamptz(3) null, "leased_until" timestamptz(3) null, "attempts" int not null default 0, "error" text null, primary key ("id"));
create index "due_open" on "due" ("due_at") where done_at is null and failed_at is null;
alter table "due" add constraint "due_organization_id_kind_key_unique" unique ("organization_id", "kind", "key");

create table "dunning_policy" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "name" varchar(100) not null, "steps" jsonb not null, "is_default" boolean not null default false, "billing_entity_id" uuid null, "active" boolean not null default true, primary key ("id"));
create index "dunning_policy_tenant_id_created_at_id_index" on "dunning_policy" ("tenant_id", "created_at", "id");
create index "dunning_policy_tenant_id_billing_entity_id_created_at_id_index" on "dunning_policy" ("tenant_id", "billing_entity_id", "created_at", "id");
alter table "dunning_policy" add constraint "dunning_policy_tenant_id_id_unique" unique ("tenant_id", "id");
create unique index "dunning_policy_tenant_id_is_default_unique" on "dunning_policy" ("tenant_id", "is_default") where deleted_at is null and is_default;
create unique index "dunning_policy_tenant_id_billing_entity_id_unique" on "dunning_policy" ("tenant_id", "billing_entity_id") where deleted_at is null and billing_entity_id is not null;
alter table "dunning_policy" add constraint "dunning_policy_scope_check" check (not is_default or billing_entity_id is null);

create table "exchange_rate" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "from" char(3) not null, "to" char(3) not null, "date" date not null, "rate" numeric(22,10) not null, "source" varchar(100) null, primary key ("id"));
create index "exchange_rate_tenant_id_created_at_id_index" on "exchange_rate" ("tenant_id", "created_at", "id");
alter table "exchange_rate" add constraint "exchange_rate_tenant_id_id_unique" unique ("tenant_id", "id");
create unique index "exchange_rate_tenant_id_from_to_date_unique" on "exchange_rate" ("tenant_id", "from", "to", "date") where deleted_at is null;
alter table "exchange_rate" add constraint "exchange_rate_pair_check" check ("from" <> "to");
alter table "exchange_rate" add constraint "exchange_rate_rate_check" check (rate > 0);

create table "external_reference" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "source" varchar(100) not null, "resource" text not null, "external_id" varchar(300) not null, "subject_id" uuid not null, "fingerprint" varchar(60) not null, primary key ("id"));
create index "external_reference_tenant_id_created_at_id_index" on "external_reference" ("tenant_id", "created_at", "id");
create index "external_reference_tenant_id_subject_id_index" on "external_reference" ("tenant_id", "subject_id");
alter table "external_reference" add constraint "external_reference_tenant_id_id_unique" unique ("tenant_id", "id");
create unique index "external_reference_tenant_id_source_resource_external_id_unique" on "external_reference" ("tenant_id", "source", "resource", "external_id") where deleted_at is null;
alter table "external_reference" add constraint "external_reference_resource_check" check ("resource" in ('contact', 'company', 'deal'));

create table "idempotency" ("organization_id" uuid not null, "caller" text not null, "route" text not null, "key" text not null, "fingerprint" text not null, "status" int not null, "headers" jsonb not null, "body" text not null, "created_at" timestamptz(3) not null default now(), primary key ("organization_id", "caller", "route", "key"));
create index "idempotency_created_at_index" on "idempotency" ("created_at");

create table "import" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "owner_id" uuid null, "custom" jsonb not null, "resource" text not null, "file_key" varchar(500) not null, "file_name" varchar(255) not null, "file_size" int not null, "source" varchar(100) not null, "mapping" jsonb not null, "date_format" varchar(20) not null, "duplicate_policy" text not null default 'skip', "match_on" text not null default 'external_id', "dry_run" boolean not null default false, "status" text not null default 'pending', "progress" int not null default 0, "position" int not null default 0, "created" int not null default 0, "updated" int not null default 0, "skipped" int not null default 0, "failed" int not null default 0, "incomplete" int not null default 0, "removed" int not null default 0, "kept" jsonb not null, "failure" varchar(1000) null, "error_file" varchar(500) null, "started_at" timestamptz(3) null, "finished_at" timestamptz(3) null, primary key ("id"));
create index "import_tenant_id_created_at_id_index" on "import" ("tenant_id", "created_at", "id");
create index "import_tenant_id_status_created_at_id_index" on "import" ("tenant_id", "status", "created_at", "id");
create index "import_tenant_id_owner_id_created_at_id_index" on "import" ("tenant_id", "owner_id", "created_at", "id");
alter table "import" add constraint "import_tenant_id_id_unique" unique ("tenant_id", "id");
alter table "import" add constraint "import_resource_check" check ("resource" in ('contact', 'company', 'deal'));
alter table "import" add constraint "import_duplicate_policy_check" check ("duplicate_policy" in ('skip', 'update', 'create'));
alter table "import" add constraint "import_match_on_check" check ("match_on" in ('external_id', 'email', 'name'));
alter table "import" add constraint "import_status_check" check ("status" in ('pending', 'running', 'done', 'failed', 'reverting', 'reverted'));

create table "import_batch" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "import_id" uuid not null, "resource" text not null, "subjects" jsonb not null, primary key ("id"));
create index "import_batch_tenant_id_created_at_id_index" on "import_batch" ("tenant_id", "created_at", "id");
create index "import_batch_tenant_id_import_id_resource_id_index" on "import_batch" ("tenant_id", "import_id", "resource", "id");
alter table "import_batch" add constraint "import_batch_tenant_id_id_unique" unique ("tenant_id", "id");
alter table "import_batch" add constraint "import_batch_resource_check" check ("resource" in ('contact', 'company', 'deal'));

create table "import_row" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "import_id" uuid not null, "line" int not null, "outcome" text not null, "subject_id" uuid null, "column" varchar(200) null, "named" varchar(255) null, "reason" varchar(1000) null, primary key ("id"));
create index "import_row_tenant_id_created_at_id_index" on "import_row" ("tenant_id", "created_at", "id");
create index "import_row_tenant_id_import_id_outcome_line_id_index" on "import_row" ("tenant_id", "import_id", "outcome", "line", "id");
alter table "import_row" add constraint "import_row_tenant_id_id_unique" unique ("tenant_id", "id");
alter table "import_row" add constraint "import_row_outcome_check" check ("outcome" in ('failed', 'pending', 'incomplete'));

create table "inbox" ("message_id" bigint not null, "reaction" text not null, "done_at" timestamptz(3) not null default now(), primary key ("message_id", "reaction"));

create table "invoice" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "owner_id" uuid null, "custom" jsonb not null, "billing_entity_id" uuid not null, "customer_account_id" uuid not null, "contact_id" uuid null, "company_id" uuid null, "kind" text not null default 'invoice', "number" varchar(80) null, "series" varchar(7) null, "sequence" int null, "status" text not null default 'draft', "issue_date" date null, "due_date" date null, "currency" char(3) not null, "time_zone" varchar(64) not null, "prices_include_tax" boolean not null, "allowances" jsonb not null, "charges" jsonb not null, "lines_total_e4" bigint not null, "allowances_total_e4" bigint not null, "charges_total_e4" bigint not null, "net_e4" bigint not null, "tax_e4" bigint not null, "gross_e4" bigint not null, "rounding_e4" bigint not null, "prepaid_e4" bigint not null, "payable_e4" bigint not null, "einvoice_tax_e4" bigint not null, "einvoice_rounding_e4" bigint not null, "paid_e4" bigint not null, "credited_e4" bigint not null, "written_off_e4" bigint not null, "due_e4" bigint not null, "reference" varchar(200) null, "notes" text null, "reason" varchar(500) null, "source" text not null default 'manual', "source_id" uuid null, "preceding_invoice_id" uuid null, "customer" jsonb not null, "seller" jsonb null, "issued_at" timestamptz(3) null, "sent_at" timestamptz(3) null, "voided_at" timestamptz(3) null, "content_hash" varchar(64) null, "design_id" uuid null, "seller_logo" varchar(300) null, primary key ("id"));
create index "invoice_tenant_id_created_at_id_index" on "invoice" ("tenant_id", "created_at", "id");
create index "invoice_tenant_id_status_created_at_id_index" on "invoice" ("tenant_id", "status", "created_at", "id");
create index "invoice_tenant_id_issue_date_id_index" on "invoice" ("tenant_id", "issue_date", "id");
create index "invoice_tenant_id_due_date_id_index" on "invoice" ("tenant_id", "due_date", "id");
create index "invoice_tenant_id_number_id_index" on "invoice" ("tenant_id", "number", "id");
create index "invoice_tenant_id_due_e4_id_index" on "invoice" ("tenant_id", "due_e4", "id");
create index "invoice_tenant_id_customer_account_id_created_at_id_index" on "invoice" ("tenant_id", "customer_account_id", "created_at", "id");
create index "invoice_tenant_id_customer_account_id_currency_due_e4_index" on "invoice" ("tenant_id", "customer_account_id", "currency", "due_e4");
create index "invoice_tenant_id_id_deleted_at_due_date_index" on "invoice" ("tenant_id", "id", "deleted_at", "due_date");
create index "invoice_tenant_id_updated_at_id_index" on "invoice" ("tenant_id", "updated_at", "id");
create index "invoice_credit_notes_created_at_index" on "invoice" ("tenant_id", "created_at", "id") where kind = 'credit_note';
create index "invoice_credit_notes_updated_at_index" on "invoice" ("tenant_id", "updated_at", "id") where kind = 'credit_note';
create index "invoice_credit_notes_issue_date_index" on "invoice" ("tenant_id", "issue_date", "id") where kind = 'credit_note';
create index "invoice_credit_notes_number_index" on "invoice" ("tenant_id", "number", "id") where kind = 'credit_note';
create index "invoice_credit_notes_due_index" on "invoice" ("tenant_id", "due_e4", "id") where kind = 'credit_note';
create index "invoice_tenant_id_owner_id_created_at_id_index" on "invoice" ("tenant_id", "owner_id", "created_at", "id");
create index "invoice_tenant_id_billing_entity_id_created_at_id_index" on "invoice" ("tenant_id", "billing_entity_id", "created_at", "id");
create index "invoice_tenant_id_contact_id_created_at_id_index" on "invoice" ("tenant_id", "contact_id", "created_at", "id");
create index "invoice_tenant_id_company_id_created_at_id_index" on "invoice" ("tenant_id", "company_id", "created_at", "id");
create index "invoice_tenant_id_preceding_invoice_id_created_at_id_index" on "invoice" ("tenant_id", "preceding_invoice_id", "created_at", "id");
alter table "invoice" add constraint "invoice_tenant_id_id_unique" unique ("tenant_id", "id");
create unique index "invoice_tenant_id_billing_entity_id_kind_number_unique" on "invoice" ("tenant_id", "billing_entity_id", "kind", "number") where deleted_at is null and number is not null;
create unique index "invoice_tenant_id_billing_entity_id_kind_series_sequence_unique" on "invoice" ("tenant_id", "billing_entity_id", "kind", "series", "sequence") where deleted_at is null and number is not null;
create unique index "invoice_tenant_id_source_id_unique" on "invoice" ("tenant_id", "source_id") where deleted_at is null and source = 'deal' and status <> 'voided';
alter table "invoice" add constraint "invoice_net_check" check (net_e4 = lines_total_e4 - allowances_total_e4 + charges_total_e4);
alter table "invoice" add constraint "invoice_gross_check" check (gross_e4 = net_e4 + tax_e4);
alter table "invoice" add constraint "invoice_payable_check" check (payable_e4 = gross_e4 + rounding_e4 - prepaid_e4);
alter table "invoice" add constraint "invoice_einvoice_check" check (gross_e4 + rounding_e4 = net_e4 + einvoice_tax_e4 + einvoice_rounding_e4);
alter table "invoice" add constraint "invoice_rounding_check" check (prices_include_tax or rounding_e4 = 0);
alter table "invoice" add constraint "invoice_numbered_check" check (case status when 'draft' then num_nonnulls(number, series, sequence) = 0 else num_nulls(number, series, sequence) = 0 end);
alter table "invoice" add constraint "invoice_issued_check" check (status = 'draft' or num_nulls(issue_date, due_date, issued_at, seller, content_hash) = 0);
alter table "invoice" add constraint "invoice_dates_check" check (due_date >= issue_date);
alter table "invoice" add constraint "invoice_parts_check" check (written_off_e4 >= 0 and case when payable_e4 < 0 then paid_e4 <= 0 and credited_e4 <= 0
        else paid_e4 >= 0 and credited_e4 >= 0 end);
alter table "invoice" add constraint "invoice_due_check" check (due_e4 = case when status in ('draft', 'voided') or kind = 'proforma' then 0
        when kind = 'credit_note' then -(payable_e4 - paid_e4 - credited_e4) else payable_e4 - paid_e4 - credited_e4 - written_off_e4 end);
alter table "invoice" add constraint "invoice_settled_check" check (case status when 'paid' then due_e4 = 0 when 'written_off' then due_e4 = 0 and written_off_e4 > 0 when 'voided' then voided_at is not null else true end);
alter table "invoice" add constraint "invoice_untouched_check" check (case when status in ('draft', 'voided') then paid_e4 = 0 and credited_e4 = 0 and written_off_e4 = 0 else true end);
alter table "invoice" add constraint "invoice_correction_check" check ((kind = 'credit_note') = (preceding_invoice_id is not null));
alter table "invoice" add constraint "invoice_kind_check" check ("kind" in ('invoice', 'credit_note', 'proforma'));
alter table "invoice" add constraint "invoice_status_check" check ("status" in ('draft', 'issued', 'partially_paid', 'paid', 'written_off', 'voided'));
alter table "invoice" add constraint "invoice_source_check" check ("source" in ('manual', 'deal', 'subscription', 'invoice'));
create or replace function "invoice_invoice_search_fn"() returns trigger as $$ begin if tg_op = 'UPDATE' then if (new.number, new.customer, new.reference) is not distinct from (old.number, old.customer, old.reference) then return null; end if; end if; perform search.put('invoice', new.tenant_id, new.id, concat_ws(' ', new.number, new.customer ->> 'name', new.reference)); return null; end; $$ language plpgsql;
create trigger "invoice_search" AFTER INSERT OR UPDATE on "invoice" for each ROW execute function "invoice_invoice_search_fn"();

create table "dunning_step_run" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "invoice_id" uuid not null, "dunning_policy_id" uuid not null, "step" int not null, "days" int not null, "ran_on" date not null, "suspends" boolean not null default false, "status" text not null default 'planned', "email" varchar(320) null, "sent_at" timestamptz(3) null, primary key ("id"));
create index "dunning_step_run_tenant_id_created_at_id_index" on "dunning_step_run" ("tenant_id", "created_at", "id");
create index "dunning_step_run_tenant_id_ran_on_id_index" on "dunning_step_run" ("tenant_id", "ran_on", "id");
create index "dunning_step_run_tenant_id_invoice_id_created_at_id_index" on "dunning_step_run" ("tenant_id", "invoice_id", "created_at", "id");
create index "dunning_step_run_tenant_id_dunning_policy_id_creat_af3a1_index" on "dunning_step_run" ("tenant_id", "dunning_policy_id", "created_at", "id");
alter table "dunning_step_run" add constraint "dunning_step_run_tenant_id_id_unique" unique ("tenant_id", "id");
create unique index "dunning_step_run_tenant_id_invoice_id_step_unique" on "dunning_step_run" ("tenant_id", "invoice_id", "step") where deleted_at is null;
alter table "dunning_step_run" add constraint "dunning_step_run_sent_check" check ((status = 'sent') = (sent_at is not null));
alter table "dunning_step_run" add constraint "dunning_step_run_status_check" check ("status" in ('planned', 'sent', 'settled', 'no_address', 'failed'));

create table "invoice_delivery" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "invoice_id" uuid not null, "automatic" boolean not null, "email" varchar(320) not null, "message" text null, "status" text not null default 'planned', "sent_at" timestamptz(3) null, primary key ("id"));
create index "invoice_delivery_tenant_id_created_at_id_index" on "invoice_delivery" ("tenant_id", "created_at", "id");
create index "invoice_delivery_tenant_id_invoice_id_created_at_id_index" on "invoice_delivery" ("tenant_id", "invoice_id", "created_at", "id");
alter table "invoice_delivery" add constraint "invoice_delivery_tenant_id_id_unique" unique ("tenant_id", "id");
create unique index "invoice_delivery_tenant_id_invoice_id_unique" on "invoice_delivery" ("tenant_id", "invoice_id") where deleted_at is null and automatic;
alter table "invoice_delivery" add constraint "invoice_delivery_sent_check" check ((status = 'sent') = (sent_at is not null));
alter table "invoice_delivery" add constraint "invoice_delivery_status_check" check ("status" in ('planned', 'sent', 'withdrawn', 'failed'));

create table "invoice_tax" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "invoice_id" uuid not null, "position" int not null, "category" text not null, "percent" numeric(7,4) not null, "taxable_e4" bigint not null, "tax_e4" bigint not null, "einvoice_tax_e4" bigint not null, "exemption_reason" varchar(500) null, "currency" char(3) not null, primary key ("id"));
create index "invoice_tax_tenant_id_created_at_id_index" on "invoice_tax" ("tenant_id", "created_at", "id");
create index "invoice_tax_tenant_id_invoice_id_position_index" on "invoice_tax" ("tenant_id", "invoice_id", "position");
alter table "invoice_tax" add constraint "invoice_tax_tenant_id_id_unique" unique ("tenant_id", "id");
create unique index "invoice_tax_tenant_id_invoice_id_category_percent_unique" on "invoice_tax" ("tenant_id", "invoice_id", "category", "percent") where deleted_at is null;
alter table "invoice_tax" add constraint "invoice_tax_category_check" check ("category" in ('S', 'Z', 'E', 'AE', 'K', 'G', 'O'));

create table "login_failure" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "account" varchar(64) not null, "failures" int not null default 0, "locked_until" timestamptz(3) null, "last_at" timestamptz(3) not null, primary key ("id"));
create index "login_failure_last_at_index" on "login_failure" ("last_at");
alter table "login_failure" add constraint "login_failure_account_unique" unique ("account");

create table "number_series" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "billing_entity_id" uuid not null, "kind" text not null, "period" varchar(7) not null, "next" int not null, "last_issued_on" date not null, primary key ("id"));
create index "number_series_tenant_id_created_at_id_index" on "number_series" ("tenant_id", "created_at", "id");
create index "number_series_tenant_id_billing_entity_id_created_at_id_index" on "number_series" ("tenant_id", "billing_entity_id", "created_at", "id");
alter table "number_series" add constraint "number_series_tenant_id_id_unique" unique ("tenant_id", "id");
create unique index "number_series_tenant_id_billing_entity_id_kind_period_unique" on "number_series" ("tenant_id", "billing_entity_id", "kind", "period") where deleted_at is null;
alter table "number_series" add constraint "number_series_kind_check" check ("kind" in ('invoice', 'credit_note', 'proforma'));

create table "operator" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "email" varchar(320) not null, "name" varchar(200) not null, "password_hash" varchar(255) not null, "disabled_at" timestamptz(3) null, primary key ("id"));
alter table "operator" add constraint "operator_email_unique" unique ("email");

create table "operator_session" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "operator_id" uuid not null, "expires_at" timestamptz(3) not null, "revoked_at" timestamptz(3) null, primary key ("id"));
create index "operator_session_operator_id_index" on "operator_session" ("operator_id");

create table "organization" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "name" varchar(200) not null, "slug" varchar(80) not null, "time_zone" varchar(64) not null default 'UTC', "currency" char(3) not null default 'EUR', "locale" varchar(35) not null default 'en', "settings" jsonb not null, "plan" text not null default 'standard', "suspended_at" timestamptz(3) null, "deleted_at" timestamptz(3) null, primary key ("id"));
create unique index "organization_slug_unique" on "organization" ("slug") where deleted_at is null;
alter table "organization" add constraint "organization_plan_check" check ("plan" in ('free', 'standard', 'enterprise'));

create table "outbox" ("id" bigserial primary key, "organization_id" uuid not null, "name" text not null, "subject" text not null, "subject_id" uuid not null, "payload" jsonb not null, "request_id" text not null, "on_behalf_of" uuid null, "awaits" smallint not null default 0, "created_at" timestamptz(3) not null default now(), "sent_at" timestamptz(3) null, "done_at" timestamptz(3) null, "attempts" int not null default 0, "retry_at" timestamptz(3) null, "error" text null);
create index "outbox_open" on "outbox" ("id") where done_at is null;
create index "outbox_open_subject" on "outbox" ("subject_id", "id") where done_at is null;

create table "payment" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "customer_account_id" uuid not null, "contact_id" uuid null, "company_id" uuid null, "status" text not null default 'pending', "method" text not null default 'other', "amount_e4" bigint not null, "currency" char(3) not null, "allocated_e4" bigint not null, "refunded_e4" bigint not null, "credit_e4" bigint not null, "received_amount" numeric(19,4) null, "received_currency" char(3) null, "exchange_rate" numeric(24,10) null, "received_on" date not null, "external_id" varchar(200) null, "reference" varchar(200) null, "notes" text null, "reason" varchar(500) null, "intended_for" jsonb null, "custom" jsonb not null, primary key ("id"));
create index "payment_tenant_id_created_at_id_index" on "payment" ("tenant_id", "created_at", "id");
create index "payment_tenant_id_customer_account_id_created_at_id_index" on "payment" ("tenant_id", "customer_account_id", "created_at", "id");
create index "payment_tenant_id_customer_account_id_credit_e4_index" on "payment" ("tenant_id", "customer_account_id", "credit_e4");
create index "payment_tenant_id_status_created_at_id_index" on "payment" ("tenant_id", "status", "created_at", "id");
create index "payment_tenant_id_received_on_id_index" on "payment" ("tenant_id", "received_on", "id");
create index "payment_tenant_id_updated_at_id_index" on "payment" ("tenant_id", "updated_at", "id");
create index "payment_tenant_id_amount_e4_id_index" on "payment" ("tenant_id", "amount_e4", "id");
create index "payment_tenant_id_contact_id_created_at_id_index" on "payment" ("tenant_id", "contact_id", "created_at", "id");
create index "payment_tenant_id_company_id_created_at_id_index" on "payment" ("tenant_id", "company_id", "created_at", "id");
alter table "payment" add constraint "payment_tenant_id_id_unique" unique ("tenant_id", "id");
create unique index "payment_tenant_id_external_id_unique" on "payment" ("tenant_id", "external_id") where deleted_at is null;
alter table "payment" add constraint "payment_amount_check" check (amount_e4 > 0);
alter table "payment" add constraint "payment_parts_check" check (allocated_e4 >= 0 and refunded_e4 >= 0 and credit_e4 >= 0);
alter table "payment" add constraint "payment_whole_check" check (case when status in ('succeeded', 'partially_refunded', 'refunded', 'won') then allocated_e4 + refunded_e4 + credit_e4 = amount_e4
        else allocated_e4 = 0 and refunded_e4 = 0 and credit_e4 = 0 end);
alter table "payment" add constraint "payment_refunded_check" check (case status when 'refunded' then refunded_e4 = amount_e4
        when 'partially_refunded' then refunded_e4 > 0 and refunded_e4 < amount_e4 else refunded_e4 = 0 end);
alter table "payment" add constraint "payment_converted_check" check (num_nonnulls(received_amount, received_currency, exchange_rate) in (0, 3));
alter table "payment" add constraint "payment_status_check" check ("status" in ('pending', 'succeeded', 'failed', 'cancelled', 'partially_refunded', 'refunded', 'disputed', 'lost', 'won'));
alter table "payment" add constraint "payment_method_check" check ("method" in ('bank_transfer', 'card', 'cash', 'direct_debit', 'other'));

create table "ledger_entry" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "customer_account_id" uuid not null, "kind" text not null, "amount_e4" bigint not null, "currency" char(3) not null, "invoice_id" uuid null, "payment_id" uuid null, "day" date not null, "reason" varchar(500) null, primary key ("id"));
create index "ledger_entry_tenant_id_created_at_id_index" on "ledger_entry" ("tenant_id", "created_at", "id");
create index "ledger_entry_tenant_id_customer_account_id_currenc_07ea8_index" on "ledger_entry" ("tenant_id", "customer_account_id", "currency", "created_at");
create index "ledger_entry_tenant_id_payment_id_created_at_index" on "ledger_entry" ("tenant_id", "payment_id", "created_at");
create index "ledger_entry_tenant_id_invoice_id_currency_day_amo_2415d_index" on "ledger_entry" ("tenant_id", "invoice_id", "currency", "day", "amount_e4", "deleted_at");
alter table "ledger_entry" add constraint "ledger_entry_tenant_id_id_unique" unique ("tenant_id", "id");
alter table "ledger_entry" add constraint "ledger_entry_document_check" check (num_nonnulls(invoice_id, payment_id) = 1);
alter table "ledger_entry" add constraint "ledger_entry_kind_check" check ("kind" in ('invoice', 'credit_note', 'payment', 'refund', 'dispute', 'allocation', 'write_off', 'write_off_reversal', 'void'));

create table "payment_allocation" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "payment_id" uuid null, "credit_note_id" uuid null, "invoice_id" uuid not null, "amount_e4" bigint not null, "currency" char(3) not null, primary key ("id"));
create index "payment_allocation_tenant_id_created_at_id_index" on "payment_allocation" ("tenant_id", "created_at", "id");
create index "payment_allocation_tenant_id_payment_id_created_at_id_index" on "payment_allocation" ("tenant_id", "payment_id", "created_at", "id");
create index "payment_allocation_tenant_id_credit_note_id_created_at_id_index" on "payment_allocation" ("tenant_id", "credit_note_id", "created_at", "id");
create index "payment_allocation_tenant_id_invoice_id_created_at_id_index" on "payment_allocation" ("tenant_id", "invoice_id", "created_at", "id");
alter table "payment_allocation" add constraint "payment_allocation_tenant_id_id_unique" unique ("tenant_id", "id");
create unique index "payment_allocation_tenant_id_payment_id_invoice_id_unique" on "payment_allocation" ("tenant_id", "payment_id", "invoice_id") where deleted_at is null and payment_id is not null;
create unique index "payment_allocation_tenant_id_credit_note_id_invoice_id_unique" on "payment_allocation" ("tenant_id", "credit_note_id", "invoice_id") where deleted_at is null and credit_note_id is not null;
alter table "payment_allocation" add constraint "payment_allocation_source_check" check (num_nonnulls(payment_id, credit_note_id) = 1);
alter table "payment_allocation" add constraint "payment_allocation_amount_check" check (amount_e4 > 0);
alter table "payment_allocation" add constraint "payment_allocation_other_check" check (credit_note_id <> invoice_id);

create table "pipeline" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "owner_id" uuid null, "custom" jsonb not null, "name" varchar(100) not null, "is_default" boolean not null default false, primary key ("id"));
create index "pipeline_tenant_id_created_at_id_index" on "pipeline" ("tenant_id", "created_at", "id");
create index "pipeline_tenant_id_owner_id_created_at_id_index" on "pipeline" ("tenant_id", "owner_id", "created_at", "id");
alter table "pipeline" add constraint "pipeline_tenant_id_id_unique" unique ("tenant_id", "id");
create unique index "pipeline_tenant_id_is_default_unique" on "pipeline" ("tenant_id", "is_default") where deleted_at is null and is_default;

create table "refund" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "customer_account_id" uuid not null, "payment_id" uuid null, "credit_note_id" uuid null, "amount_e4" bigint not null, "currency" char(3) not null, "method" text not null default 'other', "refunded_on" date not null, "reason" varchar(500) null, "external_id" varchar(200) null, primary key ("id"));
create index "refund_tenant_id_created_at_id_index" on "refund" ("tenant_id", "created_at", "id");
create index "refund_tenant_id_customer_account_id_created_at_id_index" on "refund" ("tenant_id", "customer_account_id", "created_at", "id");
create index "refund_tenant_id_payment_id_created_at_id_index" on "refund" ("tenant_id", "payment_id", "created_at", "id");
create index "refund_tenant_id_credit_note_id_created_at_id_index" on "refund" ("tenant_id", "credit_note_id", "created_at", "id");
alter table "refund" add constraint "refund_tenant_id_id_unique" unique ("tenant_id", "id");
create unique index "refund_tenant_id_external_id_unique" on "refund" ("tenant_id", "external_id") where deleted_at is null;
alter table "refund" add constraint "refund_source_check" check (num_nonnulls(payment_id, credit_note_id) = 1);
alter table "refund" add constraint "refund_amount_check" check (amount_e4 > 0);
alter table "refund" add constraint "refund_method_check" check ("method" in ('bank_transfer', 'card', 'cash', 'direct_debit', 'other'));

create table "stage" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "pipeline_id" uuid not null, "name" varchar(100) not null, "key" varchar(60) not null, "position" int not null, "kind" text not null default 'open', "probability" int not null default 0, "rot_after_days" int null, "color" varchar(30) null, primary key ("id"));
create index "stage_tenant_id_created_at_id_index" on "stage" ("tenant_id", "created_at", "id");
create index "stage_tenant_id_pipeline_id_position_id_index" on "stage" ("tenant_id", "pipeline_id", "position", "id");
alter table "stage" add constraint "stage_tenant_id_id_unique" unique ("tenant_id", "id");
create unique index "stage_tenant_id_pipeline_id_key_unique" on "stage" ("tenant_id", "pipeline_id", "key") where deleted_at is null;
alter table "stage" add constraint "stage_probability_check" check (probability >= 0 and probability <= 100);
alter table "stage" add constraint "stage_key_check" check (key ~ '^[a-z0-9][a-z0-9_-]*$');
alter table "stage" add constraint "stage_kind_check" check ("kind" in ('open', 'won', 'lost', 'closed'));

create table "deal" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "owner_id" uuid null, "custom" jsonb not null, "title" varchar(200) not null, "contact_id" uuid null, "company_id" uuid null, "pipeline_id" uuid not null, "stage_id" uuid not null, "stage" varchar(60) not null, "status" text not null default 'new', "amount_e4" bigint not null, "currency" char(3) not null, "probability" int null, "own_probability" int null, "forecast_category" text not null default 'pipeline', "expected_close_date" date null, "closed_at" timestamptz(3) null, "stage_entered_at" timestamptz(3) not null, "lost_reason" varchar(500) null, "source" varchar(100) null, "next_step" varchar(500) null, "tags" text[] not null, "changes" int not null default 0, primary key ("id"));
create index "deal_tenant_id_created_at_id_index" on "deal" ("tenant_id", "created_at", "id");
create index "deal_tenant_id_status_created_at_id_index" on "deal" ("tenant_id", "status", "created_at", "id");
create index "deal_tenant_id_stage_created_at_id_index" on "deal" ("tenant_id", "stage", "created_at", "id");
create index "deal_tenant_id_expected_close_date_id_index" on "deal" ("tenant_id", "expected_close_date", "id");
create index "deal_tenant_id_closed_at_id_index" on "deal" ("tenant_id", "closed_at", "id");
create index "deal_tenant_id_amount_e4_id_index" on "deal" ("tenant_id", "amount_e4", "id");
create index "deal_tenant_id_updated_at_id_index" on "deal" ("tenant_id", "updated_at", "id");
create index "deal_tenant_id_title_id_index" on "deal" ("tenant_id", "title", "id");
create index "deal_tenant_id_stage_entered_at_id_index" on "deal" ("tenant_id", "stage_entered_at", "id");
create index "deal_tenant_id_owner_id_created_at_id_index" on "deal" ("tenant_id", "owner_id", "created_at", "id");
create index "deal_tenant_id_contact_id_created_at_id_index" on "deal" ("tenant_id", "contact_id", "created_at", "id");
create index "deal_tenant_id_company_id_created_at_id_index" on "deal" ("tenant_id", "company_id", "created_at", "id");
create index "deal_tenant_id_pipeline_id_created_at_id_index" on "deal" ("tenant_id", "pipeline_id", "created_at", "id");
create index "deal_tenant_id_stage_id_created_at_id_index" on "deal" ("tenant_id", "stage_id", "created_at", "id");
alter table "deal" add constraint "deal_tenant_id_id_unique" unique ("tenant_id", "id");
alter table "deal" add constraint "deal_won_amount_check" check (status <> 'won' or amount_e4 > 0);
alter table "deal" add constraint "deal_amount_check" check (amount_e4 >= 0);
alter table "deal" add constraint "deal_closed_check" check ((status in ('won', 'lost')) = (closed_at is not null));
alter table "deal" add constraint "deal_probability_check" check (probability >= 0 and probability <= 100 and probability is not null);
alter table "deal" add constraint "deal_outcome_check" check (case status when 'won' then probability = 100 when 'lost' then probability = 0 else true end);
alter table "deal" add constraint "deal_status_check" check ("status" in ('new', 'in_progress', 'won', 'lost'));
alter table "deal" add constraint "deal_forecast_category_check" check ("forecast_category" in ('pipeline', 'best_case', 'commit', 'omitted'));
create or replace function "deal_deal_search_fn"() returns trigger as $$ begin if tg_op = 'UPDATE' then if (new.title) is not distinct from (old.title) then return null; end if; end if; perform search.put('deal', new.tenant_id, new.id, concat_ws(' ', new.title)); return null; end; $$ language plpgsql;
create trigger "deal_search" AFTER INSERT OR UPDATE on "deal" for each ROW execute function "deal_deal_search_fn"();

create table "deal_contact" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "deal_id" uuid not null, "contact_id" uuid not null, "role" varchar(100) null, primary key ("id"));
create index "deal_contact_tenant_id_created_at_id_index" on "deal_contact" ("tenant_id", "created_at", "id");
create index "deal_contact_tenant_id_deal_id_created_at_id_index" on "deal_contact" ("tenant_id", "deal_id", "created_at", "id");
create index "deal_contact_tenant_id_contact_id_created_at_id_index" on "deal_contact" ("tenant_id", "contact_id", "created_at", "id");
alter table "deal_contact" add constraint "deal_contact_tenant_id_id_unique" unique ("tenant_id", "id");
create unique index "deal_contact_tenant_id_deal_id_contact_id_unique" on "deal_contact" ("tenant_id", "deal_id", "contact_id") where deleted_at is null;

create table "activity" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "kind" text not null default 'comment', "text" text null, "payload" jsonb not null, "author_id" uuid null, "contact_id" uuid null, "company_id" uuid null, "deal_id" uuid null, "occurred_at" timestamptz(3) not null, primary key ("id"));
create index "activity_tenant_id_created_at_id_index" on "activity" ("tenant_id", "created_at", "id");
create index "activity_tenant_id_contact_id_occurred_at_id_index" on "activity" ("tenant_id", "contact_id", "occurred_at", "id");
create index "activity_tenant_id_company_id_occurred_at_id_index" on "activity" ("tenant_id", "company_id", "occurred_at", "id");
create index "activity_tenant_id_deal_id_occurred_at_id_index" on "activity" ("tenant_id", "deal_id", "occurred_at", "id");
create index "activity_tenant_id_occurred_at_id_index" on "activity" ("tenant_id", "occurred_at", "id");
create index "activity_tenant_id_author_id_occurred_at_id_index" on "activity" ("tenant_id", "author_id", "occurred_at", "id");
alter table "activity" add constraint "activity_tenant_id_id_unique" unique ("tenant_id", "id");
alter table "activity" add constraint "activity_about_check" check (num_nonnulls(contact_id, company_id, deal_id) > 0);
alter table "activity" add constraint "activity_kind_check" check ("kind" in ('comment', 'note', 'call', 'meeting', 'email', 'event', 'status_changed', 'stage_changed', 'owner_changed', 'amount_changed', 'task_created', 'created'));

create table "stage_history" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "deal_id" uuid not null, "position" int not null, "at" timestamptz(3) not null, "from_stage_id" uuid null, "to_stage_id" uuid not null, "from_stage" varchar(60) null, "to_stage" varchar(60) not null, "from_status" text null, "to_status" text not null, "amount_e4" bigint not null, "currency" char(3) not null, "probability" int not null, "forecast_category" text not null, "expected_close_date" date null, "owned_by" uuid null, "changed_by" uuid null, primary key ("id"));
create index "stage_history_tenant_id_created_at_id_index" on "stage_history" ("tenant_id", "created_at", "id");
create index "stage_history_tenant_id_deal_id_position_index" on "stage_history" ("tenant_id", "deal_id", "position");
create index "stage_history_tenant_id_to_stage_id_created_at_id_index" on "stage_history" ("tenant_id", "to_stage_id", "created_at", "id");
alter table "stage_history" add constraint "stage_history_tenant_id_id_unique" unique ("tenant_id", "id");
create unique index "stage_history_tenant_id_deal_id_position_unique" on "stage_history" ("tenant_id", "deal_id", "position") where deleted_at is null;
alter table "stage_history" add constraint "stage_history_from_status_check" check ("from_status" in ('new', 'in_progress', 'won', 'lost'));
alter table "stage_history" add constraint "stage_history_to_status_check" check ("to_status" in ('new', 'in_progress', 'won', 'lost'));
alter table "stage_history" add constraint "stage_history_forecast_category_check" check ("forecast_category" in ('pipeline', 'best_case', 'commit', 'omitted'));

create table "subscription" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "owner_id" uuid null, "custom" jsonb not null, "billing_entity_id" uuid not null, "customer_account_id" uuid not null, "contact_id" uuid null, "company_id" uuid null, "status" text not null default 'active', "currency" char(3) not null, "prices_include_tax" boolean not null, "start_date" date not null, "trial_end" date null, "zone" varchar(64) not null, "interval" text not null, "interval_count" int not null, "anchor_day" int null, "anchor_month" int null, "billing" text not null default 'advance', "catch_up" text not null default 'each_period', "cancel_at" date null, "cancelled_at" timestamptz(3) null, "past_due_since" date null, "suspended_on" date null, "rests_from" date null, "pauses" jsonb not null, "adjustments" jsonb not null, "reference" varchar(200) null, "notes" text null, "parked_at" timestamptz(3) null, "parked_reason" varchar(500) null, "released_on" date null, "next_index" int not null default 0, "next_billing_on" date null, "wake_at" timestamptz(3) null, primary key ("id"));
create index "subscription_tenant_id_created_at_id_index" on "subscription" ("tenant_id", "created_at", "id");
create index "subscription_tenant_id_wake_at_id_index" on "subscription" ("tenant_id", "wake_at", "id");
create index "subscription_tenant_id_status_created_at_id_index" on "subscription" ("tenant_id", "status", "created_at", "id");
create index "subscription_tenant_id_next_billing_on_id_index" on "subscription" ("tenant_id", "next_billing_on", "id");
create index "subscription_tenant_id_updated_at_id_index" on "subscription" ("tenant_id", "updated_at", "id");
create index "subscription_tenant_id_start_date_id_index" on "subscription" ("tenant_id", "start_date", "id");
create index "subscription_tenant_id_owner_id_created_at_id_index" on "subscription" ("tenant_id", "owner_id", "created_at", "id");
create index "subscription_tenant_id_billing_entity_id_created_at_id_index" on "subscription" ("tenant_id", "billing_entity_id", "created_at", "id");
create index "subscription_tenant_id_customer_account_id_created_at_id_index" on "subscription" ("tenant_id", "customer_account_id", "created_at", "id");
create index "subscription_tenant_id_contact_id_created_at_id_index" on "subscription" ("tenant_id", "contact_id", "created_at", "id");
create index "subscription_tenant_id_company_id_created_at_id_index" on "subscription" ("tenant_id", "company_id", "created_at", "id");
alter table "subscription" add constraint "subscription_tenant_id_id_unique" unique ("tenant_id", "id");
alter table "subscription" add constraint "subscription_customer_check" check (num_nonnulls(contact_id, company_id) = 1);
alter table "subscription" add constraint "subscription_trial_check" check (trial_end > start_date);
alter table "subscription" add constraint "subscription_cancelled_check" check ((status = 'cancelled') = (cancelled_at is not null));
alter table "subscription" add constraint "subscription_parked_check" check ((parked_at is null) = (parked_reason is null) and (parked_at is null or wake_at is null));
alter table "subscription" add constraint "subscription_draft_check" check (status <> 'draft' or wake_at is null);
alter table "subscription" add constraint "subscription_suspended_check" check ((suspended_on is null) = (rests_from is null) and (status <> 'suspended' or suspended_on is not null));
alter table "subscription" add constraint "subscription_status_check" check ("status" in ('draft', 'trialing', 'active', 'paused', 'past_due', 'suspended', 'cancelled'));
alter table "subscription" add constraint "subscription_interval_check" check ("interval" in ('day', 'week', 'month', 'year'));
alter table "subscription" add constraint "subscription_billing_check" check ("billing" in ('advance', 'arrears'));
alter table "subscription" add constraint "subscription_catch_up_check" check ("catch_up" in ('each_period', 'single_invoice', 'skip'));
create or replace function "subscription_subscription_search_fn"() returns trigger as $$ begin if tg_op = 'UPDATE' then if (new.reference) is not distinct from (old.reference) then return null; end if; end if; perform search.put('subscription', new.tenant_id, new.id, concat_ws(' ', new.reference)); return null; end; $$ language plpgsql;
create trigger "subscription_search" AFTER INSERT OR UPDATE on "subscription" for each ROW execute function "subscription_subscription_search_fn"();

create table "billing_period" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "subscription_id" uuid not null, "index" int not null, "period_start" date not null, "period_end" date not null, "billed_on" date not null, "status" text not null, "invoice_id" uuid null, "sold" jsonb null, primary key ("id"));
create index "billing_period_tenant_id_created_at_id_index" on "billing_period" ("tenant_id", "created_at", "id");
create index "billing_period_tenant_id_subscription_id_index_index" on "billing_period" ("tenant_id", "subscription_id", "index");
create index "billing_period_tenant_id_invoice_id_created_at_id_index" on "billing_period" ("tenant_id", "invoice_id", "created_at", "id");
alter table "billing_period" add constraint "billing_period_tenant_id_id_unique" unique ("tenant_id", "id");
create unique index "billing_period_tenant_id_subscription_id_index_unique" on "billing_period" ("tenant_id", "subscription_id", "index") where deleted_at is null;
alter table "billing_period" add constraint "billing_period_dates_check" check (period_end >= period_start);
alter table "billing_period" add constraint "billing_period_invoice_check" check ((status = 'billed') = (invoice_id is not null));
alter table "billing_period" add constraint "billing_period_status_check" check ("status" in ('billed', 'paused', 'skipped'));

create table "task" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "owner_id" uuid null, "custom" jsonb not null, "title" varchar(255) not null, "description" text null, "due_date" date null, "due_at" timestamptz(3) null, "priority" text not null default 'normal', "status" text not null default 'todo', "is_done" boolean not null default false, "completed_at" timestamptz(3) null, "assignee_id" uuid null, "contact_id" uuid null, "company_id" uuid null, "deal_id" uuid null, "remind_at" timestamptz(3) null, "reminded_at" timestamptz(3) null, "recurrence" jsonb null, "recurs_from" date null, "follows_id" uuid null, primary key ("id"));
create index "task_tenant_id_created_at_id_index" on "task" ("tenant_id", "created_at", "id");
create index "task_tenant_id_assignee_id_due_date_id_index" on "task" ("tenant_id", "assignee_id", "due_date", "id");
create index "task_tenant_id_due_date_id_index" on "task" ("tenant_id", "due_date", "id");
create index "task_tenant_id_status_due_date_id_index" on "task" ("tenant_id", "status", "due_date", "id");
create index "task_tenant_id_updated_at_id_index" on "task" ("tenant_id", "updated_at", "id");
create index "task_tenant_id_due_at_id_index" on "task" ("tenant_id", "due_at", "id");
create index "task_tenant_id_completed_at_id_index" on "task" ("tenant_id", "completed_at", "id");
create index "task_tenant_id_title_id_index" on "task" ("tenant_id", "title", "id");
create index "task_tenant_id_owner_id_created_at_id_index" on "task" ("tenant_id", "owner_id", "created_at", "id");
create index "task_tenant_id_contact_id_created_at_id_index" on "task" ("tenant_id", "contact_id", "created_at", "id");
create index "task_tenant_id_company_id_created_at_id_index" on "task" ("tenant_id", "company_id", "created_at", "id");
create index "task_tenant_id_deal_id_created_at_id_index" on "task" ("tenant_id", "deal_id", "created_at", "id");
create index "task_tenant_id_follows_id_created_at_id_index" on "task" ("tenant_id", "follows_id", "created_at", "id");
alter table "task" add constraint "task_tenant_id_id_unique" unique ("tenant_id", "id");
alter table "task" add constraint "task_done_agrees_check" check ((status = 'done') = is_done);
alter table "task" add constraint "task_completed_agrees_check" check ((completed_at is not null) = (status = 'done'));
alter table "task" add constraint "task_priority_check" check ("priority" in ('low', 'normal', 'high', 'urgent'));
alter table "task" add constraint "task_status_check" check ("status" in ('todo', 'in_progress', 'done', 'cancelled'));
create or replace function "task_task_search_fn"() returns trigger as $$ begin if tg_op = 'UPDATE' then if (new.title, new.description) is not distinct from (old.title, old.description) then return null; end if; end if; perform search.put('task', new.tenant_id, new.id, concat_ws(' ', new.title, new.description)); return null; end; $$ language plpgsql;
create trigger "task_search" AFTER INSERT OR UPDATE on "task" for each ROW execute function "task_task_search_fn"();

create table "tax_rate" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "code" varchar(40) not null, "category" text not null default 'S', "percent" numeric(7,4) not null, "valid_from" date null, "valid_to" date null, "exemption_text" varchar(500) null, "active" boolean not null default true, primary key ("id"));
create index "tax_rate_tenant_id_created_at_id_index" on "tax_rate" ("tenant_id", "created_at", "id");
alter table "tax_rate" add constraint "tax_rate_tenant_id_id_unique" unique ("tenant_id", "id");
create unique index "tax_rate_tenant_id_code_unique" on "tax_rate" ("tenant_id", "code") where deleted_at is null;
alter table "tax_rate" add constraint "tax_rate_percent_check" check (percent >= (0)::numeric and percent <= (100)::numeric and (category = 'S' or percent = (0)::numeric));
alter table "tax_rate" add constraint "tax_rate_validity_check" check (valid_to >= valid_from);
alter table "tax_rate" add constraint "tax_rate_category_check" check ("category" in ('S', 'Z', 'E', 'AE', 'K', 'G', 'O'));

create table "product" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "name" varchar(255) not null, "code" varchar(60) null, "description" text null, "unit" varchar(30) null, "tax_rate_id" uuid null, "active" boolean not null default true, "custom" jsonb not null, primary key ("id"));
create index "product_tenant_id_created_at_id_index" on "product" ("tenant_id", "created_at", "id");
create index "product_tenant_id_name_id_index" on "product" ("tenant_id", "name", "id");
create index "product_tenant_id_tax_rate_id_created_at_id_index" on "product" ("tenant_id", "tax_rate_id", "created_at", "id");
alter table "product" add constraint "product_tenant_id_id_unique" unique ("tenant_id", "id");
create unique index "product_tenant_id_code_unique" on "product" ("tenant_id", "code") where deleted_at is null;
create or replace function "product_product_search_fn"() returns trigger as $$ begin if tg_op = 'UPDATE' then if (new.name, new.code) is not distinct from (old.name, old.code) then return null; end if; end if; perform search.put('product', new.tenant_id, new.id, concat_ws(' ', new.name, new.code)); return null; end; $$ language plpgsql;
create trigger "product_search" AFTER INSERT OR UPDATE on "product" for each ROW execute function "product_product_search_fn"();

create table "price" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "product_id" uuid not null, "name" varchar(200) null, "kind" text not null default 'one_off', "unit_amount" numeric(18,6) not null, "currency" char(3) not null, "interval" text null, "interval_count" int null, "billing" text not null default 'advance', "tax_rate_id" uuid null, "active" boolean not null default true, primary key ("id"));
create index "price_tenant_id_created_at_id_index" on "price" ("tenant_id", "created_at", "id");
create index "price_tenant_id_product_id_created_at_id_index" on "price" ("tenant_id", "product_id", "created_at", "id");
create index "price_tenant_id_tax_rate_id_created_at_id_index" on "price" ("tenant_id", "tax_rate_id", "created_at", "id");
alter table "price" add constraint "price_tenant_id_id_unique" unique ("tenant_id", "id");
alter table "price" add constraint "price_recurring_check" check ((kind = 'recurring') = (interval is not null) and (interval is null) = (interval_count is null));
alter table "price" add constraint "price_kind_check" check ("kind" in ('one_off', 'recurring'));
alter table "price" add constraint "price_interval_check" check ("interval" in ('day', 'week', 'month', 'year'));
alter table "price" add constraint "price_billing_check" check ("billing" in ('advance', 'arrears'));

create table "subscription_item" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "subscription_id" uuid not null, "position" int not null, "description" varchar(1000) not null, "quantity" numeric(18,6) not null default '1', "unit" varchar(30) null, "unit_price" numeric(18,6) not null, "tax_category" text not null, "tax_percent" numeric(7,4) not null, "tax_rate_id" uuid null, "price_id" uuid null, "valid_from" date not null, "valid_until" date null, primary key ("id"));
create index "subscription_item_tenant_id_created_at_id_index" on "subscription_item" ("tenant_id", "created_at", "id");
create index "subscription_item_tenant_id_subscription_id_position_index" on "subscription_item" ("tenant_id", "subscription_id", "position");
create index "subscription_item_tenant_id_tax_rate_id_created_at_id_index" on "subscription_item" ("tenant_id", "tax_rate_id", "created_at", "id");
create index "subscription_item_tenant_id_price_id_created_at_id_index" on "subscription_item" ("tenant_id", "price_id", "created_at", "id");
alter table "subscription_item" add constraint "subscription_item_tenant_id_id_unique" unique ("tenant_id", "id");
create unique index "subscription_item_tenant_id_subscription_id_position_unique" on "subscription_item" ("tenant_id", "subscription_id", "position") where deleted_at is null;
alter table "subscription_item" add constraint "subscription_item_validity_check" check (valid_until >= valid_from);
alter table "subscription_item" add constraint "subscription_item_tax_category_check" check ("tax_category" in ('S', 'Z', 'E', 'AE', 'K', 'G', 'O'));

create table "invoice_line" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "invoice_id" uuid not null, "position" int not null, "description" varchar(1000) not null, "quantity" numeric(18,6) not null default '1', "unit" varchar(30) null, "unit_price" numeric(18,6) not null, "amount_e4" bigint not null, "discount_percent" numeric(7,4) null, "discount_amount_e4" bigint not null, "total_e4" bigint not null, "net_e4" bigint not null, "tax_category" text not null, "tax_percent" numeric(7,4) not null, "tax_rate_id" uuid null, "price_id" uuid null, "period_start" date null, "period_end" date null, "credits_line_id" uuid null, "credits_quantity" numeric(18,6) null, "currency" char(3) not null, primary key ("id"));
create index "invoice_line_tenant_id_created_at_id_index" on "invoice_line" ("tenant_id", "created_at", "id");
create index "invoice_line_tenant_id_invoice_id_position_index" on "invoice_line" ("tenant_id", "invoice_id", "position");
create index "invoice_line_tenant_id_tax_rate_id_created_at_id_index" on "invoice_line" ("tenant_id", "tax_rate_id", "created_at", "id");
create index "invoice_line_tenant_id_price_id_created_at_id_index" on "invoice_line" ("tenant_id", "price_id", "created_at", "id");
create index "invoice_line_tenant_id_credits_line_id_created_at_id_index" on "invoice_line" ("tenant_id", "credits_line_id", "created_at", "id");
alter table "invoice_line" add constraint "invoice_line_tenant_id_id_unique" unique ("tenant_id", "id");
create unique index "invoice_line_tenant_id_invoice_id_position_unique" on "invoice_line" ("tenant_id", "invoice_id", "position") where deleted_at is null;
alter table "invoice_line" add constraint "invoice_line_total_check" check (total_e4 = amount_e4 - discount_amount_e4);
alter table "invoice_line" add constraint "invoice_line_tax_check" check (tax_percent >= (0)::numeric and tax_percent <= (100)::numeric and (tax_category = 'S' or tax_percent = (0)::numeric));
alter table "invoice_line" add constraint "invoice_line_period_check" check (period_end >= period_start);
alter table "invoice_line" add constraint "invoice_line_credits_check" check ((credits_line_id is null) = (credits_quantity is null));
alter table "invoice_line" add constraint "invoice_line_tax_category_check" check ("tax_category" in ('S', 'Z', 'E', 'AE', 'K', 'G', 'O'));

create table "user" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "email" varchar(320) not null, "name" varchar(200) not null, "password_hash" varchar(255) null, "email_verified_at" timestamptz(3) null, "placeholder" boolean not null default false, primary key ("id"));
alter table "user" add constraint "user_email_unique" unique ("email");

create table "session" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "user_id" uuid not null, "user_agent" varchar(300) null, "address" varchar(60) null, "last_used_at" timestamptz(3) not null, "expires_at" timestamptz(3) not null, "revoked_at" timestamptz(3) null, primary key ("id"));
create index "session_user_id_index" on "session" ("user_id");

create table "refresh_token" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "session_id" uuid not null, "hash" varchar(64) not null, "organization_id" varchar(36) null, "expires_at" timestamptz(3) not null, "used_at" timestamptz(3) null, primary key ("id"));
create index "refresh_token_session_id_index" on "refresh_token" ("session_id");
alter table "refresh_token" add constraint "refresh_token_hash_unique" unique ("hash");

create table "one_time_token" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "user_id" uuid not null, "purpose" varchar(20) not null, "hash" varchar(64) not null, "expires_at" timestamptz(3) not null, "used_at" timestamptz(3) null, primary key ("id"));
create index "one_time_token_user_id_index" on "one_time_token" ("user_id");
alter table "one_time_token" add constraint "one_time_token_hash_unique" unique ("hash");

create table "membership" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "organization_id" uuid not null, "user_id" uuid not null, "role" text not null, "permission_sets" text[] not null, "status" text not null default 'active', "custom" jsonb not null, primary key ("id"));
create index "membership_user_id_index" on "membership" ("user_id");
alter table "membership" add constraint "membership_organization_id_user_id_unique" unique ("organization_id", "user_id");
alter table "membership" add constraint "membership_role_check" check ("role" in ('member', 'manager', 'admin', 'owner'));
alter table "membership" add constraint "membership_status_check" check ("status" in ('active', 'invited', 'left'));

create table "invitation" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "organization_id" uuid not null, "email" varchar(320) not null, "role" text not null, "permission_sets" text[] not null, "hash" varchar(64) not null, "invited_by" uuid null, "expires_at" timestamptz(3) not null, "letters" int not null default 0, "accepted_at" timestamptz(3) null, "revoked_at" timestamptz(3) null, primary key ("id"));
create index "invitation_organization_id_index" on "invitation" ("organization_id");
create index "invitation_invited_by_index" on "invitation" ("invited_by");
alter table "invitation" add constraint "invitation_hash_unique" unique ("hash");
create unique index "invitation_organization_id_email_unique" on "invitation" ("organization_id", "email") where accepted_at is null and revoked_at is null;
alter table "invitation" add constraint "invitation_role_check" check ("role" in ('member', 'manager', 'admin', 'owner'));

create table "api_key" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "organization_id" uuid not null, "user_id" uuid not null, "name" varchar(100) not null, "prefix" varchar(20) not null, "hash" varchar(64) not null, "role" text not null, "permission_sets" text[] not null, "last_used_at" timestamptz(3) null, "expires_at" timestamptz(3) null, "revoked_at" timestamptz(3) null, primary key ("id"));
create index "api_key_organization_id_index" on "api_key" ("organization_id");
create index "api_key_user_id_index" on "api_key" ("user_id");
alter table "api_key" add constraint "api_key_hash_unique" unique ("hash");
alter table "api_key" add constraint "api_key_role_check" check ("role" in ('member', 'manager', 'admin', 'owner'));

create table "write_off" ("id" uuid not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "version" int not null default 1, "tenant_id" uuid not null, "created_by" uuid null, "deleted_at" timestamptz(3) null, "customer_account_id" uuid not null, "invoice_id" uuid not null, "amount_e4" bigint not null, "currency" char(3) not null, "written_off_on" date not null, "reason" varchar(500) null, primary key ("id"));
create index "write_off_tenant_id_created_at_id_index" on "write_off" ("tenant_id", "created_at", "id");
create index "write_off_tenant_id_customer_account_id_created_at_id_index" on "write_off" ("tenant_id", "customer_account_id", "created_at", "id");
create index "write_off_tenant_id_invoice_id_created_at_id_index" on "write_off" ("tenant_id", "invoice_id", "created_at", "id");
alter table "write_off" add constraint "write_off_tenant_id_id_unique" unique ("tenant_id", "id");
alter table "write_off" add constraint "write_off_amount_check" check (amount_e4 > 0);

alter table "company" add constraint "company_parent_id_foreign" foreign key ("tenant_id", "parent_id") references "company" ("tenant_id", "id") on delete restrict;
alter table "company" add constraint "company_owner_id_member_foreign" foreign key ("tenant_id", "owner_id") references "membership" ("organization_id", "user_id") on delete restrict;

alter table "contact" add constraint "contact_company_id_foreign" foreign key ("tenant_id", "company_id") references "company" ("tenant_id", "id") on delete restrict;
alter table "contact" add constraint "contact_owner_id_member_foreign" foreign key ("tenant_id", "owner_id") references "membership" ("organization_id", "user_id") on delete restrict;

alter table "customer_account" add constraint "customer_account_contact_id_foreign" foreign key ("tenant_id", "contact_id") references "contact" ("tenant_id", "id") on delete restrict;
alter table "customer_account" add constraint "customer_account_company_id_foreign" foreign key ("tenant_id", "company_id") references "company" ("tenant_id", "id") on delete restrict;
alter table "customer_account" add constraint "customer_account_owner_id_member_foreign" foreign key ("tenant_id", "owner_id") references "membership" ("organization_id", "user_id") on delete restrict;

alter table "document_template" add constraint "document_template_billing_entity_id_foreign" foreign key ("tenant_id", "billing_entity_id") references "billing_entity" ("tenant_id", "id") on delete restrict;

alter table "dunning_policy" add constraint "dunning_policy_billing_entity_id_foreign" foreign key ("tenant_id", "billing_entity_id") references "billing_entity" ("tenant_id", "id") on delete restrict;

alter table "import" add constraint "import_owner_id_member_foreign" foreign key ("tenant_id", "owner_id") references "membership" ("organization_id", "user_id") on delete restrict;

alter table "import_batch" add constraint "import_batch_import_id_foreign" foreign key ("tenant_id", "import_id") references "import" ("tenant_id", "id") on delete restrict;

alter table "import_row" add constraint "import_row_import_id_foreign" foreign key ("tenant_id", "import_id") references "import" ("tenant_id", "id") on delete restrict;

alter table "invoice" add constraint "invoice_billing_entity_id_foreign" foreign key ("tenant_id", "billing_entity_id") references "billing_entity" ("tenant_id", "id") on delete restrict;
alter table "invoice" add constraint "invoice_customer_account_id_foreign" foreign key ("tenant_id", "customer_account_id") references "customer_account" ("tenant_id", "id") on delete restrict;
alter table "invoice" add constraint "invoice_contact_id_foreign" foreign key ("tenant_id", "contact_id") references "contact" ("tenant_id", "id") on delete restrict;
alter table "invoice" add constraint "invoice_company_id_foreign" foreign key ("tenant_id", "company_id") references "company" ("tenant_id", "id") on delete restrict;
alter table "invoice" add constraint "invoice_preceding_invoice_id_foreign" foreign key ("tenant_id", "preceding_invoice_id") references "invoice" ("tenant_id", "id") on delete restrict;
alter table "invoice" add constraint "invoice_owner_id_member_foreign" foreign key ("tenant_id", "owner_id") references "membership" ("organization_id", "user_id") on delete restrict;

alter table "dunning_step_run" add constraint "dunning_step_run_invoice_id_foreign" foreign key ("tenant_id", "invoice_id") references "invoice" ("tenant_id", "id") on delete restrict;
alter table "dunning_step_run" add constraint "dunning_step_run_dunning_policy_id_foreign" foreign key ("tenant_id", "dunning_policy_id") references "dunning_policy" ("tenant_id", "id") on delete restrict;

alter table "invoice_delivery" add constraint "invoice_delivery_invoice_id_foreign" foreign key ("tenant_id", "invoice_id") references "invoice" ("tenant_id", "id") on delete restrict;

alter table "invoice_tax" add constraint "invoice_tax_invoice_id_foreign" foreign key ("tenant_id", "invoice_id") references "invoice" ("tenant_id", "id") on delete restrict;

alter table "number_series" add constraint "number_series_billing_entity_id_foreign" foreign key ("tenant_id", "billing_entity_id") references "billing_entity" ("tenant_id", "id") on delete restrict;

alter table "operator_session" add constraint "operator_session_operator_id_foreign" foreign key ("operator_id") references "operator" ("id") on delete restrict;

alter table "payment" add constraint "payment_customer_account_id_foreign" foreign key ("tenant_id", "customer_account_id") references "customer_account" ("tenant_id", "id") on delete restrict;
alter table "payment" add constraint "payment_contact_id_foreign" foreign key ("tenant_id", "contact_id") references "contact" ("tenant_id", "id") on delete restrict;
alter table "payment" add constraint "payment_company_id_foreign" foreign key ("tenant_id", "company_id") references "company" ("tenant_id", "id") on delete restrict;

alter table "ledger_entry" add constraint "ledger_entry_customer_account_id_foreign" foreign key ("tenant_id", "customer_account_id") references "customer_account" ("tenant_id", "id") on delete restrict;
alter table "ledger_entry" add constraint "ledger_entry_invoice_id_foreign" foreign key ("tenant_id", "invoice_id") references "invoice" ("tenant_id", "id") on delete restrict;
alter table "ledger_entry" add constraint "ledger_entry_payment_id_foreign" foreign key ("tenant_id", "payment_id") references "payment" ("tenant_id", "id") on delete restrict;

alter table "payment_allocation" add constraint "payment_allocation_payment_id_foreign" foreign key ("tenant_id", "payment_id") references "payment" ("tenant_id", "id") on delete restrict;
alter table "payment_allocation" add constraint "payment_allocation_credit_note_id_foreign" foreign key ("tenant_id", "credit_note_id") references "invoice" ("tenant_id", "id") on delete restrict;
alter table "payment_allocation" add constraint "payment_allocation_invoice_id_foreign" foreign key ("tenant_id", "invoice_id") references "invoice" ("tenant_id", "id") on delete restrict;

alter table "pipeline" add constraint "pipeline_owner_id_member_foreign" foreign key ("tenant_id", "owner_id") references "membership" ("organization_id", "user_id") on delete restrict;

alter table "refund" add constraint "refund_customer_account_id_foreign" foreign key ("tenant_id", "customer_account_id") references "customer_account" ("tenant_id", "id") on delete restrict;
alter table "refund" add constraint "refund_payment_id_foreign" foreign key ("tenant_id", "payment_id") references "payment" ("tenant_id", "id") on delete restrict;
alter table "refund" add constraint "refund_credit_note_id_foreign" foreign key ("tenant_id", "credit_note_id") references "invoice" ("tenant_id", "id") on delete restrict;

alter table "stage" add constraint "stage_pipeline_id_foreign" foreign key ("tenant_id", "pipeline_id") references "pipeline" ("tenant_id", "id") on delete restrict;

alter table "deal" add constraint "deal_contact_id_foreign" foreign key ("tenant_id", "contact_id") references "contact" ("tenant_id", "id") on delete restrict;
alter table "deal" add constraint "deal_company_id_foreign" foreign key ("tenant_id", "company_id") references "company" ("tenant_id", "id") on delete restrict;
alter table "deal" add constraint "deal_pipeline_id_foreign" foreign key ("tenant_id", "pipeline_id") references "pipeline" ("tenant_id", "id") on delete restrict;
alter table "deal" add constraint "deal_stage_id_foreign" foreign key ("tenant_id", "stage_id") references "stage" ("tenant_id", "id") on delete restrict;
alter table "deal" add constraint "deal_owner_id_member_foreign" foreign key ("tenant_id", "owner_id") references "membership" ("organization_id", "user_id") on delete restrict;

alter table "deal_contact" add constraint "deal_contact_deal_id_foreign" foreign key ("tenant_id", "deal_id") references "deal" ("tenant_id", "id") on delete restrict;
alter table "deal_contact" add constraint "deal_contact_contact_id_foreign" foreign key ("tenant_id", "contact_id") references "contact" ("tenant_id", "id") on delete restrict;

alter table "activity" add constraint "activity_contact_id_foreign" foreign key ("tenant_id", "contact_id") references "contact" ("tenant_id", "id") on delete restrict;
alter table "activity" add constraint "activity_company_id_foreign" foreign key ("tenant_id", "company_id") references "company" ("tenant_id", "id") on delete restrict;
alter table "activity" add constraint "activity_deal_id_foreign" foreign key ("tenant_id", "deal_id") references "deal" ("tenant_id", "id") on delete restrict;
alter table "activity" add constraint "activity_author_id_member_foreign" foreign key ("tenant_id", "author_id") references "membership" ("organization_id", "user_id") on delete restrict;

alter table "stage_history" add constraint "stage_history_deal_id_foreign" foreign key ("tenant_id", "deal_id") references "deal" ("tenant_id", "id") on delete restrict;
alter table "stage_history" add constraint "stage_history_to_stage_id_foreign" foreign key ("tenant_id", "to_stage_id") references "stage" ("tenant_id", "id") on delete restrict;

alter table "subscription" add constraint "subscription_billing_entity_id_foreign" foreign key ("tenant_id", "billing_entity_id") references "billing_entity" ("tenant_id", "id") on delete restrict;
alter table "subscription" add constraint "subscription_customer_account_id_foreign" foreign key ("tenant_id", "customer_account_id") references "customer_account" ("tenant_id", "id") on delete restrict;
alter table "subscription" add constraint "subscription_contact_id_foreign" foreign key ("tenant_id", "contact_id") references "contact" ("tenant_id", "id") on delete restrict;
alter table "subscription" add constraint "subscription_company_id_foreign" foreign key ("tenant_id", "company_id") references "company" ("tenant_id", "id") on delete restrict;
alter table "subscription" add constraint "subscription_owner_id_member_foreign" foreign key ("tenant_id", "owner_id") references "membership" ("organization_id", "user_id") on delete restrict;

alter table "billing_period" add constraint "billing_period_subscription_id_foreign" foreign key ("tenant_id", "subscription_id") references "subscription" ("tenant_id", "id") on delete restrict;
alter table "billing_period" add constraint "billing_period_invoice_id_foreign" foreign key ("tenant_id", "invoice_id") references "invoice" ("tenant_id", "id") on delete restrict;

alter table "task" add constraint "task_contact_id_foreign" foreign key ("tenant_id", "contact_id") references "contact" ("tenant_id", "id") on delete restrict;
alter table "task" add constraint "task_company_id_foreign" foreign key ("tenant_id", "company_id") references "company" ("tenant_id", "id") on delete restrict;
alter table "task" add constraint "task_deal_id_foreign" foreign key ("tenant_id", "deal_id") references "deal" ("tenant_id", "id") on delete restrict;
alter table "task" add constraint "task_follows_id_foreign" foreign key ("tenant_id", "follows_id") references "task" ("tenant_id", "id") on delete restrict;
alter table "task" add constraint "task_owner_id_member_foreign" foreign key ("tenant_id", "owner_id") references "membership" ("organization_id", "user_id") on delete restrict;
alter table "task" add constraint "task_assignee_id_member_foreign" foreign key ("tenant_id", "assignee_id") references "membership" ("organization_id", "user_id") on delete restrict;

alter table "product" add constraint "product_tax_rate_id_foreign" foreign key ("tenant_id", "tax_rate_id") references "tax_rate" ("tenant_id", "id") on delete restrict;

alter table "price" add constraint "price_product_id_foreign" foreign key ("tenant_id", "product_id") references "product" ("tenant_id", "id") on delete restrict;
alter table "price" add constraint "price_tax_rate_id_foreign" foreign key ("tenant_id", "tax_rate_id") references "tax_rate" ("tenant_id", "id") on delete restrict;

alter table "subscription_item" add constraint "subscription_item_subscription_id_foreign" foreign key ("tenant_id", "subscription_id") references "subscription" ("tenant_id", "id") on delete restrict;
alter table "subscription_item" add constraint "subscription_item_tax_rate_id_foreign" foreign key ("tenant_id", "tax_rate_id") references "tax_rate" ("tenant_id", "id") on delete restrict;
alter table "subscription_item" add constraint "subscription_item_price_id_foreign" foreign key ("tenant_id", "price_id") references "price" ("tenant_id", "id") on delete restrict;

alter table "invoice_line" add constraint "invoice_line_invoice_id_foreign" foreign key ("tenant_id", "invoice_id") references "invoice" ("tenant_id", "id") on delete restrict;
alter table "invoice_line" add constraint "invoice_line_tax_rate_id_foreign" foreign key ("tenant_id", "tax_rate_id") references "tax_rate" ("tenant_id", "id") on delete restrict;
alter table "invoice_line" add constraint "invoice_line_price_id_foreign" foreign key ("tenant_id", "price_id") references "price" ("tenant_id", "id") on delete restrict;
alter table "invoice_line" add constraint "invoice_line_credits_line_id_foreign" foreign key ("tenant_id", "credits_line_id") references "invoice_line" ("tenant_id", "id") on delete restrict;

alter table "session" add constraint "session_user_id_foreign" foreign key ("user_id") references "user" ("id") on delete restrict;

alter table "refresh_token" add constraint "refresh_token_session_id_foreign" foreign key ("session_id") references "session" ("id") on delete restrict;

alter table "one_time_token" add constraint "one_time_token_user_id_foreign" foreign key ("user_id") references "user" ("id") on delete restrict;

alter table "membership" add constraint "membership_organization_id_foreign" foreign key ("organization_id") references "organization" ("id") on delete restrict;
alter table "membership" add constraint "membership_user_id_foreign" foreign key ("user_id") references "user" ("id") on delete restrict;

alter table "invitation" add constraint "invitation_organization_id_foreign" foreign key ("organization_id") references "organization" ("id") on delete restrict;
alter table "invitation" add constraint "invitation_invited_by_foreign" foreign key ("invited_by") references "user" ("id") on delete restrict;

alter table "api_key" add constraint "api_key_organization_id_foreign" foreign key ("organization_id") references "organization" ("id") on delete restrict;
alter table "api_key" add constraint "api_key_user_id_foreign" foreign key ("user_id") references "user" ("id") on delete restrict;

alter table "write_off" add constraint "write_off_customer_account_id_foreign" foreign key ("tenant_id", "customer_account_id") references "customer_account" ("tenant_id", "id") on delete restrict;
alter table "write_off" add constraint "write_off_invoice_id_foreign" foreign key ("tenant_id", "invoice_id") references "invoice" ("tenant_id", "id") on delete restrict;

alter table "audit_entry" enable row level security;
alter table "audit_entry" force row level security;
create policy "audit_entry_tenant_policy" on "audit_entry" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "audit_seal" enable row level security;
alter table "audit_seal" force row level security;
create policy "audit_seal_tenant_policy" on "audit_seal" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "billing_entity" enable row level security;
alter table "billing_entity" force row level security;
create policy "billing_entity_tenant_policy" on "billing_entity" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "billing_run" enable row level security;
alter table "billing_run" force row level security;
create policy "billing_run_tenant_policy" on "billing_run" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "company" enable row level security;
alter table "company" force row level security;
create policy "company_tenant_policy" on "company" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "contact" enable row level security;
alter table "contact" force row level security;
create policy "contact_tenant_policy" on "contact" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "customer_account" enable row level security;
alter table "customer_account" force row level security;
create policy "customer_account_tenant_policy" on "customer_account" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "document_design" enable row level security;
alter table "document_design" force row level security;
create policy "document_design_tenant_policy" on "document_design" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "document_template" enable row level security;
alter table "document_template" force row level security;
create policy "document_template_tenant_policy" on "document_template" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "dunning_policy" enable row level security;
alter table "dunning_policy" force row level security;
create policy "dunning_policy_tenant_policy" on "dunning_policy" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "exchange_rate" enable row level security;
alter table "exchange_rate" force row level security;
create policy "exchange_rate_tenant_policy" on "exchange_rate" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "external_reference" enable row level security;
alter table "external_reference" force row level security;
create policy "external_reference_tenant_policy" on "external_reference" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "import" enable row level security;
alter table "import" force row level security;
create policy "import_tenant_policy" on "import" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "import_batch" enable row level security;
alter table "import_batch" force row level security;
create policy "import_batch_tenant_policy" on "import_batch" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "import_row" enable row level security;
alter table "import_row" force row level security;
create policy "import_row_tenant_policy" on "import_row" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "invoice" enable row level security;
alter table "invoice" force row level security;
create policy "invoice_tenant_policy" on "invoice" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "dunning_step_run" enable row level security;
alter table "dunning_step_run" force row level security;
create policy "dunning_step_run_tenant_policy" on "dunning_step_run" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "invoice_delivery" enable row level security;
alter table "invoice_delivery" force row level security;
create policy "invoice_delivery_tenant_policy" on "invoice_delivery" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "invoice_tax" enable row level security;
alter table "invoice_tax" force row level security;
create policy "invoice_tax_tenant_policy" on "invoice_tax" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "number_series" enable row level security;
alter table "number_series" force row level security;
create policy "number_series_tenant_policy" on "number_series" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "payment" enable row level security;
alter table "payment" force row level security;
create policy "payment_tenant_policy" on "payment" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "ledger_entry" enable row level security;
alter table "ledger_entry" force row level security;
create policy "ledger_entry_tenant_policy" on "ledger_entry" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "payment_allocation" enable row level security;
alter table "payment_allocation" force row level security;
create policy "payment_allocation_tenant_policy" on "payment_allocation" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "pipeline" enable row level security;
alter table "pipeline" force row level security;
create policy "pipeline_tenant_policy" on "pipeline" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "refund" enable row level security;
alter table "refund" force row level security;
create policy "refund_tenant_policy" on "refund" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "stage" enable row level security;
alter table "stage" force row level security;
create policy "stage_tenant_policy" on "stage" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "deal" enable row level security;
alter table "deal" force row level security;
create policy "deal_tenant_policy" on "deal" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "deal_contact" enable row level security;
alter table "deal_contact" force row level security;
create policy "deal_contact_tenant_policy" on "deal_contact" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "activity" enable row level security;
alter table "activity" force row level security;
create policy "activity_tenant_policy" on "activity" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "stage_history" enable row level security;
alter table "stage_history" force row level security;
create policy "stage_history_tenant_policy" on "stage_history" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "subscription" enable row level security;
alter table "subscription" force row level security;
create policy "subscription_tenant_policy" on "subscription" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "billing_period" enable row level security;
alter table "billing_period" force row level security;
create policy "billing_period_tenant_policy" on "billing_period" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "task" enable row level security;
alter table "task" force row level security;
create policy "task_tenant_policy" on "task" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "tax_rate" enable row level security;
alter table "tax_rate" force row level security;
create policy "tax_rate_tenant_policy" on "tax_rate" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "product" enable row level security;
alter table "product" force row level security;
create policy "product_tenant_policy" on "product" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "price" enable row level security;
alter table "price" force row level security;
create policy "price_tenant_policy" on "price" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "subscription_item" enable row level security;
alter table "subscription_item" force row level security;
create policy "subscription_item_tenant_policy" on "subscription_item" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "invoice_line" enable row level security;
alter table "invoice_line" force row level security;
create policy "invoice_line_tenant_policy" on "invoice_line" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
alter table "write_off" enable row level security;
alter table "write_off" force row level security;
create policy "write_off_tenant_policy" on "write_off" using ("tenant_id" = current_setting('app.tenant')::uuid) with check ("tenant_id" = current_setting('app.tenant')::uuid);
