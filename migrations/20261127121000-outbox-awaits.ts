import { Migration } from '@mikro-orm/migrations';

export class Migration20261127121000_outbox_awaits extends Migration {

  override name = 'Migration20261127121000_outbox_awaits';

  override up(): void | Promise<void> {
    this.addSql(`alter table "outbox" add "awaits" smallint not null default 0;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "outbox" drop column "awaits";`);
  }

}
