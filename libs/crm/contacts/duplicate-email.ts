import { actor, allows, call, type EntityManager, organization, problem } from '#kernel';
import { FlushMode, UniqueConstraintViolationException } from '@mikro-orm/core';
import { Contact } from './contact.ts';
import { ContactView } from './contact-view.ts';

export const duplicateEmail = problem('contact.duplicate_email', 409, 'Another contact has this e-mail already');
const details = [{ pointer: '/email', code: 'taken', message: 'is taken' }];

/**
 * Looks for another contact with the e-mail of this one. Where the organization wants e-mails to be unique it is refused, also when both
 * are made at the same moment; elsewhere the caller is told. The other one is named to those who may read it.
 */
export async function checkEmail(em: EntityManager, contact: Contact): Promise<void> {
  if (!contact.email) return;
  const unique = Boolean(organization().settings.unique_emails);
  const other = await sameEmail(em, contact);
  const existing =
    other && allows(actor(), 'read', Contact, ContactView.show(other)) ? { existing: { type: 'contact', id: other.id } } : {};
  if (other && unique) throw duplicateEmail(undefined, { details, ...existing });
  if (other && 'existing' in existing)
    call().warnings.push({ code: duplicateEmail.problem.code, message: duplicateEmail.problem.title, pointer: '/email', ...existing });
  if (unique) await flushed(em);
}

/** Uniqueness is the organization's, whatever the caller may see of it. Rarely is there another, so it is asked for by id alone. */
async function sameEmail(em: EntityManager, { id, email }: Contact): Promise<Contact | null> {
  const [found] = await em.execute<{ id: string }[]>(
    'select id from contact where tenant_id = ? and deleted_at is null and email = ? and id <> ? limit 1',
    [organization().id, email, id],
  );
  return found ? em.findOne(Contact, { id: found.id }, { filters: { allowed: false }, flushMode: FlushMode.COMMIT }) : null;
}

/** The check above sees what is committed; the unique index sees the rest. */
async function flushed(em: EntityManager) {
  try {
    await em.flush();
  } catch (error) {
    if (error instanceof UniqueConstraintViolationException && error.message.includes('unique_email'))
      throw duplicateEmail(undefined, { details });
    throw error;
  }
}
