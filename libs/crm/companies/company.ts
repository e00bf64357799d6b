import { businessRecord, currency, money, note, organization, ref, text, texts, url, whole } from '#kernel';
import { address } from '../address.ts';

/** An organization the organization deals with. */
export class Company extends businessRecord(
  'company',
  {
    name: text({ max: 255 }),
    /** Lower case, without scheme and www: see domain.ts. */
    domain: text({ max: 253 }).optional(),
    industry: text({ max: 100 }).optional(),
    employees: whole().optional(),
    annualRevenue: money({ min: 0n }).optional(),
    currency: currency().unlessGiven(() => organization().currency),
    foundedYear: whole({ min: 1000, max: 9999 }).optional(),
    parentId: ref('company').optional(),
    address: address(),
    phone: text({ max: 40 }).optional(),
    website: url().optional(),
    tags: texts(),
    notes: note().optional(),
  },
  {
    index: [['name', 'id'], ['domain']],
    search: ['new.name', 'new.domain', 'new.phone', "regexp_replace(coalesce(new.phone, ''), '\\D', '', 'g')"],
  },
) {}
