import { Migration } from '@mikro-orm/migrations';

export class Migration20261125033926_lists_by_index extends Migration {

  override name = 'Migration20261125033926_lists_by_index';

  override up(): void | Promise<void> {
    this.addSql(`create index "company_tenant_id_updated_at_id_index" on "company" ("tenant_id", "updated_at", "id");`);
    this.addSql(`create index "company_tenant_id_employees_id_index" on "company" ("tenant_id", "employees", "id");`);
    this.addSql(`create index "company_tenant_id_annual_revenue_e4_id_index" on "company" ("tenant_id", "annual_revenue_e4", "id");`);
    this.addSql(`create index "company_tenant_id_founded_year_id_index" on "company" ("tenant_id", "founded_year", "id");`);

    this.addSql(`create index "contact_tenant_id_phone_index" on "contact" ("tenant_id", "phone");`);
    this.addSql(`create index "contact_tenant_id_updated_at_id_index" on "contact" ("tenant_id", "updated_at", "id");`);

    this.addSql(`create index "customer_account_tenant_id_updated_at_id_index" on "customer_account" ("tenant_id", "updated_at", "id");`);
    this.addSql(`create index "customer_account_tenant_id_name_id_index" on "customer_account" ("tenant_id", "name", "id");`);
    this.addSql(`create index "customer_account_tenant_id_tax_id_index" on "customer_account" ("tenant_id", "tax_id");`);

    this.addSql(`create index "invoice_tenant_id_updated_at_id_index" on "invoice" ("tenant_id", "updated_at", "id");`);

    this.addSql(`create index "dunning_step_run_tenant_id_ran_on_id_index" on "dunning_step_run" ("tenant_id", "ran_on", "id");`);

    this.addSql(`create index "payment_tenant_id_updated_at_id_index" on "payment" ("tenant_id", "updated_at", "id");`);
    this.addSql(`create index "payment_tenant_id_amount_e4_id_index" on "payment" ("tenant_id", "amount_e4", "id");`);

    this.addSql(`create index "deal_tenant_id_updated_at_id_index" on "deal" ("tenant_id", "updated_at", "id");`);
    this.addSql(`create index "deal_tenant_id_title_id_index" on "deal" ("tenant_id", "title", "id");`);
    this.addSql(`create index "deal_tenant_id_stage_entered_at_id_index" on "deal" ("tenant_id", "stage_entered_at", "id");`);

    this.addSql(`create index "subscription_tenant_id_updated_at_id_index" on "subscription" ("tenant_id", "updated_at", "id");`);
    this.addSql(`create index "subscription_tenant_id_start_date_id_index" on "subscription" ("tenant_id", "start_date", "id");`);

    this.addSql(`create index "task_tenant_id_updated_at_id_index" on "task" ("tenant_id", "updated_at", "id");`);
    this.addSql(`create index "task_tenant_id_due_at_id_index" on "task" ("tenant_id", "due_at", "id");`);
    this.addSql(`create index "task_tenant_id_completed_at_id_index" on "task" ("tenant_id", "completed_at", "id");`);
    this.addSql(`create index "task_tenant_id_title_id_index" on "task" ("tenant_id", "title", "id");`);
  }

  override down(): void | Promise<void> {
    this.addSql(`drop index "company_tenant_id_updated_at_id_index";`);
    this.addSql(`drop index "company_tenant_id_employees_id_index";`);
    this.addSql(`drop index "company_tenant_id_annual_revenue_e4_id_index";`);
    this.addSql(`drop index "company_tenant_id_founded_year_id_index";`);

    this.addSql(`drop index "contact_tenant_id_phone_index";`);
    this.addSql(`drop index "contact_tenant_id_updated_at_id_index";`);

    this.addSql(`drop index "customer_account_tenant_id_updated_at_id_index";`);
    this.addSql(`drop index "customer_account_tenant_id_name_id_index";`);
    this.addSql(`drop index "customer_account_tenant_id_tax_id_index";`);

    this.addSql(`drop index "deal_tenant_id_updated_at_id_index";`);
    this.addSql(`drop index "deal_tenant_id_title_id_index";`);
    this.addSql(`drop index "deal_tenant_id_stage_entered_at_id_index";`);

    this.addSql(`drop index "dunning_step_run_tenant_id_ran_on_id_index";`);

    this.addSql(`drop index "invoice_tenant_id_updated_at_id_index";`);

    this.addSql(`drop index "payment_tenant_id_updated_at_id_index";`);
    this.addSql(`drop index "payment_tenant_id_amount_e4_id_index";`);

    this.addSql(`drop index "subscription_tenant_id_updated_at_id_index";`);
    this.addSql(`drop index "subscription_tenant_id_start_date_id_index";`);

    this.addSql(`drop index "task_tenant_id_updated_at_id_index";`);
    this.addSql(`drop index "task_tenant_id_due_at_id_index";`);
    this.addSql(`drop index "task_tenant_id_completed_at_id_index";`);
    this.addSql(`drop index "task_tenant_id_title_id_index";`);
  }

}
