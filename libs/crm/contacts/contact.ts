import { businessRecord, choice, choices, day, email, json, note, problem, text, texts } from '#kernel';
import { z } from 'zod';

export const KINDS = ['customer', 'lead', 'patient', 'vendor', 'other'] as const;
const channel = z.strictObject({ state: z.enum(['granted', 'denied', 'unknown']), at: z.iso.datetime({ offset: true }).optional(), basis: z.string().max(200).optional() });

export const contactNeedsName = problem('contact.needs_name', 422, 'A contact needs a first name, a last name or a company name');

/** A person the organization deals with. */
export class Contact extends businessRecord(
  'contact',
  {
    name: text({ max: 255 }),
    firstName: text({ max: 100 }).optional(),
    lastName: text({ max: 100 }).optional(),
    email: email().optional(),
    phone: text({ max: 40 }).optional(),
    kinds: choices(KINDS),
    jobTitle: text({ max: 100 }).optional(),
    birthday: day().optional(),
    tags: texts(),
    source: text({ max: 100 }).optional(),
    notes: note().optional(),
    consent: json(z.strictObject({ email: channel.optional(), sms: channel.optional(), phone: channel.optional() })).or({}),
    status: choice(['active', 'archived'], 'active'),
  },
  { index: [['email'], ['name', 'id']], search: ['new.name', 'new.email', 'new.phone'] },
) {}
