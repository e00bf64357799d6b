import { businessRecord, choices, day, email, invalid, json, note, now, organization, problem, ref, text, texts } from '#kernel';
import { z } from 'zod';
import { address } from '../address.ts';
import { changed } from '../changed.ts';
import { Company } from '../companies/company.ts';
import { deriveName, type PersonName, splitName } from './name.ts';
import { phoneOf } from './phone.ts';
import { type Ambiguous, reconciled } from './ways.ts';

export const KINDS = ['customer', 'lead', 'patient', 'vendor', 'other'] as const;
const label = z.string().trim().min(1).max(50).default('work');
const primary = z.boolean().default(false);

const EmailWay = z.strictObject({ email: email().check, label, primary });
const PhoneWay = z.strictObject({
  phone: z.string().trim().min(1).max(40).meta({ description: 'E.164 when it can be read so' }),
  typed: z.string().max(40).optional().meta({ description: 'as it was typed' }),
  label,
  primary,
});
const Channel = z.strictObject({
  state: z.enum(['granted', 'denied', 'unknown']),
  at: z.iso.datetime({ offset: true }).optional(),
  basis: z.string().trim().max(200).optional(),
});
/** Characters of a first or last name. */
const PART = 100;
const CHANNELS = ['email', 'sms', 'phone'] as const;
const Consent = z.strictObject({ email: Channel.nullish(), sms: Channel.nullish(), phone: Channel.nullish() });
type Consent = z.output<typeof Consent>;

export const contactNeedsName = problem('contact.needs_name', 422, 'A contact needs a first name, a last name or a company name');
export const ambiguousPrimary = problem('contact.ambiguous_primary', 422, 'Exactly one e-mail and one phone number can be the primary one');

/** A person the organization deals with. */
export class Contact extends businessRecord(
  'contact',
  {
    /** Made of the other names; sent alone, it is split into them. */
    name: text({ max: 255 }).or(''),
    firstName: text({ max: PART }).optional(),
    lastName: text({ max: PART }).optional(),
    companyName: text({ max: 255 }).optional(),
    companyId: ref(() => Company).optional(),
    email: email().optional(),
    emails: json(z.array(EmailWay).max(20)).or([]),
    phone: text({ max: 40 }).optional(),
    phoneTyped: text({ max: 40 }).optional(),
    phones: json(z.array(PhoneWay).max(20)).or([]),
    kinds: choices(KINDS),
    jobTitle: text({ max: 100 }).optional(),
    address: address(),
    birthday: day().optional(),
    tags: texts(),
    source: text({ max: 100 }).optional(),
    notes: note().optional(),
    consent: json(Consent).or({}),
    /** The e-mail again while the organization wants it to be unique; the database keeps it so. */
    uniqueEmail: email().optional(),
  },
  {
    unique: [{ on: ['uniqueEmail'] }],
    index: [['email'], ['phone'], ['name', 'id'], ['firstName', 'id'], ['lastName', 'id'], ['updatedAt', 'id']],
    search: [
      'new.name',
      'new.company_name',
      'new.email',
      // As typed, in E.164, and both as digits alone: however somebody types a number, it is found.
      'new.phone',
      'new.phone_typed',
      "regexp_replace(new.phone, '[^0-9]', '', 'g')",
      "regexp_replace(new.phone_typed, '[^0-9]', '', 'g')",
      // The others, for those who have more than one.
      "case when jsonb_array_length(new.emails) > 1 then (select string_agg(way ->> 'email', ' ') from jsonb_array_elements(new.emails) way) end",
      "case when jsonb_array_length(new.phones) > 1 then (select string_agg(concat_ws(' ', way ->> 'phone', way ->> 'typed', regexp_replace(way ->> 'phone', '[^0-9]', '', 'g'), regexp_replace(way ->> 'typed', '[^0-9]', '', 'g')), ' ') from jsonb_array_elements(new.phones) way) end",
    ],
  },
) {
  /** Takes what was sent, with everything that follows from it. @throws contact.needs_name, contact.ambiguous_primary */
  change(sent: SentContact): this {
    return Object.assign(this, changed(this, settled(sent, this)));
  }

  /** Back among the living, where its e-mail may have to be the only one. */
  restore(): void {
    this.deletedAt = null;
    this.uniqueEmail = organization().settings.unique_emails ? this.email : null;
  }
}

type Settling = 'name' | 'firstName' | 'lastName' | 'companyName' | 'email' | 'emails' | 'phone' | 'phones' | 'consent';
export type SentContact = Partial<Pick<Contact, Settling>>;
type Known = Partial<Pick<Contact, Settling>>;

/**
 * What was sent to make or change a contact, completed: names split and derived, the primary e-mail and phone in step with their lists,
 * numbers in E.164, consent dated. Phone numbers without a prefix belong to the organization's default country.
 */
export function settled<S extends SentContact>(sent: S, known: Known = {}): S & { name: string } {
  const { settings } = organization();
  const out = { ...sent, ...names(sent, known) };
  if (sent.email !== undefined || sent.emails) Object.assign(out, emails(sent, known));
  if (sent.phone !== undefined || sent.phones) Object.assign(out, phones(sent, known, settings.default_country as string | undefined));
  if (sent.consent) Object.assign(out, { consent: consents(sent.consent, known.consent ?? {}) });
  // Whoever had it before the organization wanted that keeps it, and may share it.
  if ('email' in out && out.email !== known.email) Object.assign(out, { uniqueEmail: settings.unique_emails ? out.email : null });
  return out;
}

function names(sent: SentContact, known: Known) {
  const split: Partial<PersonName> =
    sent.firstName === undefined && sent.lastName === undefined && sent.name !== undefined ? splitName(sent.name) : {};
  const { firstName = null, lastName = null, companyName = null } = { ...known, ...definedOf(sent), ...split };
  const name = deriveName({ firstName, lastName, companyName });
  if (!name) throw contactNeedsName();
  if (Object.values(split).some((part) => (part?.length ?? 0) > PART))
    throw nameRefused('too_big', `has a part of more than ${PART} characters`);
  if (sent.name !== undefined && !('firstName' in split) && sent.name !== name) {
    throw nameRefused('derived', 'is made of first_name and last_name: send it alone, or not at all');
  }
  return { firstName, lastName, companyName, name };
}
const nameRefused = (code: string, message: string) => invalid(`name ${message}`, { details: [{ pointer: '/name', code, message }] });
const definedOf = ({ firstName, lastName, companyName }: SentContact) =>
  Object.fromEntries(Object.entries({ firstName, lastName, companyName }).filter(([, value]) => value !== undefined)) as SentContact;

function emails(sent: SentContact, known: Known) {
  const ways = reconciled(
    known.emails ?? [],
    { all: sent.emails, one: sent.email },
    {
      of: (way) => way.email,
      make: (address, before) => ({ label: 'work', ...before, email: address, primary: true }),
    },
  );
  if (typeof ways === 'string') throw ambiguous('/emails', ways);
  return { emails: ways, email: ways.find((way) => way.primary)?.email ?? null };
}

function phones(sent: SentContact, known: Known, country: string | undefined) {
  // What is kept as it was typed stays so, though the country may be known by now.
  const kept = [known.phone, ...(known.phones ?? []).map((way) => way.phone)];
  const read = (typed: string) => (kept.includes(typed) ? typed : phoneOf(typed, country));
  const all = sent.phones?.map((way) => ({ ...way, phone: read(way.phone), typed: way.typed ?? way.phone }));
  const ways = reconciled(
    known.phones ?? [],
    { all, one: sent.phone && read(sent.phone) },
    {
      of: (way) => way.phone,
      make: (number, before) => ({ label: 'work', ...before, phone: number, typed: sent.phone ?? number, primary: true }),
    },
  );
  if (typeof ways === 'string') throw ambiguous('/phones', ways);
  const main = ways.find((way) => way.primary);
  return { phones: ways, phone: main?.phone ?? null, phoneTyped: main?.typed ?? null };
}

const ambiguous = (pointer: string, why: Ambiguous) => {
  const message = why === 'two_primaries' ? 'marks two as primary' : `marks another one as primary than ${pointer.slice(1, -1)} names`;
  return ambiguousPrimary(`${pointer.slice(1)} ${message}`, { details: [{ pointer, code: why, message }] });
};

/** Channel by channel: absent is unchanged, null forgets, and what was decided has a date. */
function consents(sent: Consent, known: Consent): Consent {
  const out: Consent = { ...known };
  for (const channel of CHANNELS) {
    const said = sent[channel];
    const before = known[channel];
    if (said === undefined) continue;
    if (said === null) delete out[channel];
    else if (said.state === 'unknown' || said.at) out[channel] = said;
    else out[channel] = { ...said, at: before?.state === said.state && before.at ? before.at : now().toISOString() };
  }
  return out;
}
