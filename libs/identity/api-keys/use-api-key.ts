import { Command, EntityManager, Handles, now } from '#kernel';
import { ApiKey } from './api-key.ts';

/** Notes that a key is used; asked for at most once a minute. */
export class UseApiKey extends Command<void> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(UseApiKey, 'system')
class Handler {
  constructor(private readonly em: EntityManager) {}

  async execute({ id }: UseApiKey) {
    const key = await this.em.findOne(ApiKey, { id });
    if (key) key.lastUsedAt = now();
  }
}
