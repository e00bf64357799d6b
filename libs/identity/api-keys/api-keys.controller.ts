import { controller, del, listing, post, single } from '#kernel';
import { ApiKey, apiKeyList, ApiKeyView } from './api-key.ts';
import { CreateApiKey, CreatedApiKey, NewApiKey } from './create-api-key.ts';
import { RevokeApiKey } from './revoke-api-key.ts';

export const ApiKeysController = controller(
  'api-keys',
  {
    list: listing('', apiKeyList, 'List the API keys of the organization'),
    create: post('', CreateApiKey, {
      does: 'Make an API key; the key itself is shown this once',
      body: NewApiKey,
      answers: CreatedApiKey,
      status: 201,
      secret: true,
      example: { name: 'Website form', role: 'member' },
      problems: ['member.above_you', 'api_key.expired', 'api_key.sets_above_you'],
    }),
    get: single(':id', ApiKeyView, 'Read an API key, without the key'),
    revoke: del(':id', RevokeApiKey, { does: 'Revoke an API key', answers: 'deleted', when: ({ revoked_at }) => revoked_at === null }),
  },
  { of: ApiKey, tag: 'api-keys' },
);
