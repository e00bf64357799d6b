import { choice, currency, json, locale, moment, now, platform, text, timeZone, type OrganizationFacts } from '#kernel';
import { z } from 'zod';

const SETTINGS = {
  record_visibility: z.enum(['all', 'own']).meta({ description: 'own: members see only their own records and what is shared with them' }),
  lost_reason_required: z.boolean(),
  unique_emails: z.boolean().meta({ description: 'contacts may not share an e-mail address' }),
  default_country: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .meta({ description: 'the country of phone numbers without a prefix, ISO 3166' }),
  verticals: z.array(z.string().max(50)).max(20),
};
/** What an organization decides for itself. */
export const Settings = z.strictObject(SETTINGS);
export type Settings = z.output<typeof Settings>;
/** Some of them, to be changed; the others stay. */
export const SettingsChanges = Settings.partial();

/** Each has a default that needs no deciding. */
export const STANDARD: Settings = {
  record_visibility: 'all',
  lost_reason_required: false,
  unique_emails: false,
  default_country: 'GB',
  verticals: ['clinic', 'real_estate'],
};
/** Settings as they were stored, with those that are newer than the row. */
export const completed = (stored: Partial<Settings>): Settings => ({ ...STANDARD, ...stored });

export class OrganizationSuspended {
  constructor(readonly organizationId: string) {}
}
export class OrganizationResumed {
  constructor(readonly organizationId: string) {}
}

/** A customer of the deployment: the tenant. */
export class Organization extends platform(
  'organization',
  {
    name: text({ max: 200 }),
    slug: text({ max: 80 }),
    timeZone: timeZone().or('UTC'),
    currency: currency().or('EUR'),
    locale: locale().or('en'),
    settings: json(Settings).or(STANDARD),
    plan: choice(['free', 'standard', 'enterprise'], 'standard'),
    suspendedAt: moment().optional(),
    deletedAt: moment().optional(),
  },
  { unique: [{ on: ['slug'], where: 'deleted_at is null' }] },
) {
  facts(): OrganizationFacts {
    const { id, currency, timeZone, locale, settings } = this;
    return { id, currency, timeZone, locale, settings: completed(settings) };
  }

  /** Its members are refused from their next request on; its jobs wait. */
  suspend() {
    if (this.suspendedAt) return;
    this.suspendedAt = now();
    this.record(new OrganizationSuspended(this.id));
  }

  resume() {
    if (!this.suspendedAt) return;
    this.suspendedAt = null;
    this.record(new OrganizationResumed(this.id));
  }
}

export const OrganizationView = Organization.view(
  'id',
  'name',
  'slug',
  'timeZone',
  'currency',
  'locale',
  'settings',
  'plan',
  'createdAt',
  'updatedAt',
  'version',
);
