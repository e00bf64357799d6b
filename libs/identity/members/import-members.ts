import { Command, EntityManager, Handles, metadata, organization, slugify, text, uuidv7 } from '#kernel';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { NOWHERE, User } from '../users/user.ts';
import { Membership } from './membership.ts';

export const ImportedMembers = z
  .array(
    z.strictObject({
      name: text({ max: 200 }).check,
      email: z.string().trim().toLowerCase().max(320).optional(),
      custom: metadata().check.default({}),
    }),
  )
  .max(1000);
type ImportedMember = z.output<typeof ImportedMembers>[number];

/**
 * People whom a file names become invited members under an address that leads nowhere: records can be theirs, and nobody can log in as
 * them until somebody claims the place. Who is a member already, by e-mail or name, stays as he is; what the file says besides is added to
 * the membership of an invited one. Twice changes nothing.
 */
export class ImportMembers extends Command<{ created: number; updated: number; skipped: number }> {
  constructor(
    readonly people: readonly ImportedMember[],
    readonly dryRun = false,
  ) {
    super();
  }
}

@Handles(ImportMembers, 'system')
class Handler {
  constructor(private readonly em: EntityManager) {}

  async execute({ people, dryRun }: ImportMembers) {
    const known = await this.known();
    const done = { created: 0, updated: 0, skipped: 0 };
    for (const person of people) {
      const membership = (person.email && known.get(person.email)) || known.get(keyOf(person.name));
      if (!membership) {
        known.set(keyOf(person.name), await this.welcome(person, dryRun));
        done.created++;
      } else if (membership.status === 'invited' && adds(membership.custom, person.custom)) {
        if (!dryRun) membership.custom = { ...membership.custom, ...person.custom };
        done.updated++;
      } else done.skipped++;
    }
    return done;
  }

  /** Those who are here, by name and by e-mail. */
  private async known(): Promise<Map<string, Pick<Membership, 'status' | 'custom'>>> {
    const memberships = await this.em.find(Membership, { organizationId: organization().id, status: { $ne: 'left' } });
    const users = await this.em.find(User, { id: { $in: memberships.map(({ userId }) => userId) } });
    const of = new Map(memberships.map((membership) => [membership.userId, membership]));
    return new Map([
      ...users.map(({ id, name }) => [keyOf(name), of.get(id)!] as const),
      ...users.map(({ id, email }) => [email, of.get(id)!] as const),
    ]);
  }

  private async welcome({ name, custom }: ImportedMember, dryRun: boolean): Promise<Pick<Membership, 'status' | 'custom'>> {
    if (dryRun) return { status: 'invited', custom };
    const organizationId = organization().id;
    const email = placeholderFor(name, organizationId);
    // Somebody who left and comes again is the same person.
    const user = (await this.em.findOne(User, { email })) ?? this.em.create(User, { id: uuidv7(), email, name, placeholder: true });
    const earlier = await this.em.findOne(Membership, { organizationId, userId: user.id });
    await this.em.flush();
    if (earlier) return Object.assign(earlier, { status: 'invited' as const, custom });
    return this.em.create(Membership, { organizationId, userId: user.id, role: 'member', status: 'invited', custom });
  }
}

const keyOf = (name: string) => name.trim().replace(/\s+/g, ' ').toLowerCase();
const adds = (known: Record<string, unknown>, sent: Record<string, unknown>) =>
  Object.entries(sent).some(([key, value]) => known[key] !== value);

/** The same for the same name in the same organization, and different from everybody else's. */
function placeholderFor(name: string, organizationId: string): string {
  const mark = createHash('sha256')
    .update(`${organizationId} ${keyOf(name)}`)
    .digest('hex')
    .slice(0, 10);
  return `${slugify(name, 'member')}-${mark}@${NOWHERE}`;
}
