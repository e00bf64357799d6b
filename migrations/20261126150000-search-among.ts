import { Migration } from '@mikro-orm/migrations';
import { SEARCH_AMONG_UP, SEARCH_FIND } from '../libs/kernel/search.sql.ts';

export class Migration20261126150000_search_among extends Migration {

  override name = 'Migration20261126150000_search_among';

  override up(): void | Promise<void> {
    this.addSql(SEARCH_AMONG_UP);
  }

  override down(): void | Promise<void> {
    this.addSql(SEARCH_FIND);
    this.addSql(`drop function search.among(text, text, uuid[], int); drop function search.patterns(text);`);
  }

}
