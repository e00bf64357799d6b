import { businessRecord, currency, Field, money, note, organization, problem, ref, text, texts, url, whole } from '#kernel';
import { z } from 'zod';
import { address } from '../address.ts';
import { phoneOf } from '../contacts/phone.ts';
import { domainOf } from './domain.ts';

export const parentCycle = problem('company.parent_cycle', 422, 'A company cannot stand above itself');

/** Kept in one form however it was typed, also when it is asked for in a filter: see domain.ts. */
const domain = () =>
  new Field<string>(
    'text',
    { type: 'string', length: 253 },
    z
      .string()
      .max(500)
      .transform((typed, context) => {
        const found = domainOf(typed);
        if (found) return found;
        context.addIssue({ code: 'custom', message: 'not a domain' });
        return z.NEVER;
      }),
    z.string().meta({ example: 'example.com' }),
  );

/** An organization the organization deals with. */
export class Company extends businessRecord(
  'company',
  {
    name: text({ max: 255 }),
    domain: domain().optional(),
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
    index: [['name', 'id'], ['domain'], ['updatedAt', 'id'], ['employees', 'id'], ['annualRevenue', 'id'], ['foundedYear', 'id']],
    search: ['new.name', 'new.domain', 'new.phone', "regexp_replace(new.phone, '[^0-9]', '', 'g')"],
    checks: { parent: 'parent_id <> id' },
  },
) {}

/** What was sent, with a new phone number in E.164 where it can be read so. */
export const tidied = <S extends { phone?: string | null }>(sent: S, known?: Pick<Company, 'phone'>): S =>
  sent.phone && sent.phone !== known?.phone
    ? { ...sent, phone: phoneOf(sent.phone, organization().settings.default_country as string | undefined) }
    : sent;
