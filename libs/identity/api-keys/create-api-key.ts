import { actor, Command, EntityManager, Handles, moment, now, organization, problem, ROLES, text, uuidv7 } from '#kernel';
import { z } from 'zod';
import { presentRole, sets, within } from '../members/rank.ts';
import { ownOrganization } from '../organizations/own.ts';
import { API_KEY_PREFIX } from '../sessions/proof.ts';
import { signedIn } from '../sessions/who.ts';
import { hashSecret, newSecret } from '../tokens.ts';
import { ApiKey, ApiKeyView } from './api-key.ts';

export const alreadyExpired = problem('api_key.expired', 422, 'A key must end in the future');
export const setsAboveYou = problem('api_key.sets_above_you', 403, 'A key has only permission sets of who makes it');

const SHOWN = 12;

export const NewApiKey = z
  .strictObject({
    name: text({ max: 100 }).check,
    role: z.enum(ROLES),
    permission_sets: sets().default([]),
    expires_at: moment().check.optional(),
  })
  .meta({ id: 'NewApiKey' });

export const CreatedApiKey = z
  .object({ ...(ApiKeyView.schema as unknown as z.ZodObject).shape, key: z.string().meta({ description: 'Shown this once' }) })
  .meta({ id: 'CreatedApiKey' });

/** Makes a key for a program; the answer is the only place where it ever stands. */
export class CreateApiKey extends Command<object & { key: string }> {
  constructor(readonly input: z.output<typeof NewApiKey>) {
    super();
  }
}

@Handles(CreateApiKey, 'create', ApiKey)
class Handler {
  constructor(private readonly em: EntityManager) {}

  async execute({ input: { name, role, permission_sets: permissionSets, expires_at: expiresAt } }: CreateApiKey) {
    const { userId } = signedIn();
    await ownOrganization(this.em);
    within(await presentRole(this.em), role);
    if (permissionSets.some((set) => !actor().permissionSets.includes(set))) throw setsAboveYou();
    if (expiresAt && expiresAt <= now())
      throw alreadyExpired(undefined, { details: [{ pointer: '/expires_at', code: 'too_small', message: 'is in the past' }] });
    const key = newSecret(API_KEY_PREFIX.slice(0, -1));
    const made = { id: uuidv7(), organizationId: organization().id, userId, name, role, permissionSets, expiresAt: expiresAt ?? null };
    const row = this.em.create(ApiKey, { ...made, prefix: key.slice(0, SHOWN), hash: hashSecret(key) });
    await this.em.flush();
    return { ...ApiKeyView.show(row), key };
  }
}
