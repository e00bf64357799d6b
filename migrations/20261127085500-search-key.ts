import { Migration } from '@mikro-orm/migrations';
import { SEARCH_AMONG_UP, SEARCH_KEY_DOWN, SEARCH_KEY_UP } from '../libs/kernel/search.sql.ts';

export class Migration20261127085500_search_key extends Migration {

  override name = 'Migration20261127085500_search_key';

  override up(): void | Promise<void> {
    this.addSql(SEARCH_KEY_UP);
  }

  override down(): void | Promise<void> {
    this.addSql(SEARCH_KEY_DOWN);
    this.addSql(SEARCH_AMONG_UP);
  }

}
