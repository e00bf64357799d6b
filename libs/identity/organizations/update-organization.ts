import { actor, camelCased, Command, EntityManager, forbidden, Handles, type Input } from '#kernel';
import { z } from 'zod';
import { completed, Organization, type Settings, SettingsChanges } from './organization.ts';
import { ownOrganization } from './own.ts';

type Changes = Partial<Pick<Organization, 'name' | 'slug' | 'timeZone' | 'currency' | 'locale'>> & { settings?: Partial<Settings> };
const { name, timeZone, currency, locale } = Organization.fields;

export const OrganizationChanges: Input<Changes> = camelCased<Changes>(
  ['name', 'slug', 'timeZone', 'currency', 'locale', 'settings'],
  z.strictObject({
    name: name.check.optional(),
    slug: z
      .string()
      .max(60)
      .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'small letters, digits and single hyphens')
      .optional()
      .meta({ description: 'The name as part of an address; unique, and for the owner to change' }),
    time_zone: timeZone.check.optional(),
    currency: currency.check.optional(),
    locale: locale.check.optional(),
    settings: SettingsChanges.optional(),
  }),
).meta({ id: 'OrganizationChanges' });

export class UpdateOrganization extends Command<Organization> {
  constructor(
    readonly id: string,
    readonly changes: Changes,
  ) {
    super();
  }
}

@Handles(UpdateOrganization, 'update', Organization)
class Handler {
  constructor(private readonly em: EntityManager) {}

  async execute({ id, changes: { settings, ...changes } }: UpdateOrganization) {
    const own = await ownOrganization(this.em, id);
    const { role, kind } = actor();
    if (changes.slug !== undefined && changes.slug !== own.slug && role !== 'owner' && kind !== 'system')
      throw forbidden('Only an owner may change the slug');
    return Object.assign(own, changes, settings ? { settings: { ...completed(own.settings), ...settings } } : {});
  }
}
