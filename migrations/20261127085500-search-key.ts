import { Migration } from '@mikro-orm/migrations';
import { SEARCH_AMONG_UP, SEARCH_KEY_INDEX, SEARCH_KEY_UP } from '../libs/kernel/search.sql.ts';

export class Migration20261127085500_search_key extends Migration {

  override name = 'Migration20261127085500_search_key';

  // An index that is made concurrently holds up no writes, and cannot be made in a transaction. One that was interrupted stays, useless.
  override isTransactional(): boolean {
    return false;
  }

  override up(): void | Promise<void> {
    // It waits for whoever began before, and nobody for it.
    this.addSql('set lock_timeout = 0');
    this.addSql('drop index concurrently if exists search.document_words_of');
    this.addSql(SEARCH_KEY_INDEX);
    this.addSql(SEARCH_KEY_UP);
    this.addSql('drop index concurrently if exists search.document_words');
    this.addSql('reset lock_timeout');
  }

  override down(): void | Promise<void> {
    this.addSql('drop index concurrently if exists search.document_words');
    this.addSql('create index concurrently document_words on search.document using gin (organization_id, subject, words gin_trgm_ops)');
    this.addSql(SEARCH_AMONG_UP);
    this.addSql('drop function search.among(text, text, uuid[])');
    this.addSql('drop index concurrently if exists search.document_words_of');
  }

}
