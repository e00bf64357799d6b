import { LockMode } from '@mikro-orm/core';
import { type EntityManager, missing, must, type Source, type TenantRow } from '#kernel';
import { Company } from './companies/company.ts';
import { Contact } from './contacts/contact.ts';
import { Deal } from './deals/deal.ts';

/** The records that tasks and activities may be about, by the field that refers to them. */
export type SubjectField = 'contactId' | 'companyId' | 'dealId';
export const SUBJECTS: Record<SubjectField, Source & (new () => TenantRow)> = { contactId: Contact, companyId: Company, dealId: Deal };
export type About = { [K in SubjectField]?: string | null };

export const subjectFields = Object.keys(SUBJECTS) as SubjectField[];
export const isAboutSomething = (about: About) => subjectFields.some((field) => about[field]);
/** Only the references of a row or an input. */
export const aboutOf = (row: About): About =>
  Object.fromEntries(subjectFields.flatMap((field) => (row[field] === undefined ? [] : [[field, row[field]]])));

/** Whoever puts work on records must be allowed to change them. @throws not_found for what he may not see, permission.denied */
export async function mayWorkOn(em: EntityManager, about: About) {
  for (const field of subjectFields) {
    const id = about[field];
    if (!id) continue;
    const row = await em.findOne(SUBJECTS[field], { id });
    if (!row) throw notThere(field);
    must('update', row);
  }
}

function notThere(field: SubjectField) {
  const refusal = missing(SUBJECTS[field].label);
  refusal.more.details = [{ pointer: `/${field.replace('Id', '_id')}`, code: 'not_found', message: refusal.message }];
  return refusal;
}

/** The references whose records are still there to be read; the others cleared. */
export async function stillThere(em: EntityManager, about: About): Promise<About> {
  const found: About = {};
  for (const field of subjectFields) {
    const id = about[field];
    // Locked, so that it is still there when what refers to it is written.
    found[field] = id && (await em.findOne(SUBJECTS[field], { id }, { lockMode: LockMode.PESSIMISTIC_READ })) ? id : null;
  }
  return found;
}
