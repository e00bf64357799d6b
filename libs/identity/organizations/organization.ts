import { choice, currency, json, moment, platform, text, type OrganizationFacts } from '#kernel';
import { z } from 'zod';

/** What an organization decides for itself; each has a default that needs no deciding. */
export const Settings = z.strictObject({
  record_visibility: z.enum(['all', 'own']).default('all').meta({ description: 'own: members see only their own records and what is shared with them' }),
  lost_reason_required: z.boolean().default(false),
  unique_emails: z.boolean().default(false).meta({ description: 'contacts may not share an e-mail address' }),
  default_country: z.string().regex(/^[A-Z]{2}$/).default('GB').meta({ description: 'the country of phone numbers without a prefix, ISO 3166' }),
  verticals: z.array(z.string().max(50)).max(20).default(['clinic', 'real_estate']),
});
export type Settings = z.output<typeof Settings>;

/** A customer of the deployment: the tenant. */
export class Organization extends platform(
  'organization',
  {
    name: text({ max: 200 }),
    slug: text({ max: 80 }),
    timeZone: text({ max: 64 }).or('UTC'),
    currency: currency().or('EUR'),
    locale: text({ max: 35 }).or('en'),
    settings: json(Settings).or(Settings.parse({})),
    plan: choice(['free', 'standard', 'enterprise'], 'standard'),
    suspendedAt: moment().optional(),
    deletedAt: moment().optional(),
  },
  { unique: [{ on: ['slug'] }] },
) {
  facts(): OrganizationFacts {
    const { id, currency, timeZone, locale, settings } = this;
    return { id, currency, timeZone, locale, settings };
  }
}
