import { Activity, HUMAN_KINDS } from './activity.ts';
import { along, problem } from '#kernel';
import { z } from 'zod';

export const activityImmutable = problem('activity.immutable', 409, 'What the system noted cannot be changed or deleted');
export const needsSubject = problem('activity.needs_subject', 422, 'An activity is about a contact, a company or a deal');
export const commentNeedsText = problem('activity.comment_needs_text', 422, 'A comment needs a text');

/** Only what people write down: the system's own kinds cannot be sent. */
const kind = z.enum(HUMAN_KINDS);

export const NewActivity = along(Activity.input('text', 'payload', 'occurredAt', 'contactId', 'companyId', 'dealId'), { kind }).meta({
  id: 'NewActivity',
});
/** Under a record, which the path names. */
export const NewActivityHere = along(Activity.input('text', 'payload', 'occurredAt'), { kind }).meta({ id: 'NewActivityHere' });
export const ActivityChanges = along(Activity.patch('text', 'payload', 'occurredAt'), { kind }).meta({ id: 'ActivityChanges' });
