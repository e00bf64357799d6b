import { Migration } from '@mikro-orm/migrations';

export class Migration20261125025700_einvoice_addresses extends Migration {

  override name = 'Migration20261125025700_einvoice_addresses';

  override up(): void | Promise<void> {
    this.addSql(`alter table "billing_entity" add "electronic_address" varchar(100) null;`);

    this.addSql(`alter table "customer_account" add "registration_number" varchar(40) null, add "electronic_address" varchar(100) null, add "buyer_reference" varchar(100) null;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "billing_entity" drop column "electronic_address";`);

    this.addSql(`alter table "customer_account" drop column "registration_number", drop column "electronic_address", drop column "buyer_reference";`);
  }

}
