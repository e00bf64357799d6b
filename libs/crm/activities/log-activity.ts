import { actor, Command, EntityManager, Handles } from '#kernel';
import type { z } from 'zod';
import { isAboutSomething, subjectFields, SUBJECTS } from '../about.ts';
import { Activity } from './activity.ts';
import { commentNeedsText, needsSubject, type NewActivity } from './activity-input.ts';

/** Writes down what somebody said or did; a text alone is a comment. @throws activity.needs_subject, activity.comment_needs_text */
export class LogActivity extends Command<Activity> {
  constructor(readonly input: z.output<typeof NewActivity>) {
    super();
  }
}

@Handles(LogActivity, 'create', Activity)
class Handler {
  constructor(private readonly em: EntityManager) {}

  execute({ input }: LogActivity) {
    const { kind = 'comment' } = input;
    if (!isAboutSomething(input)) throw needsSubject(undefined, { details: subjectFields.map((field) => missing(SUBJECTS[field].table)) });
    if (kind === 'comment' && !input.text?.trim())
      throw commentNeedsText(undefined, { details: [{ pointer: '/text', code: 'required', message: 'is required' }] });
    return Promise.resolve(this.em.create(Activity, { ...input, kind, authorId: actor().userId }));
  }
}
const missing = (table: string) => ({ pointer: `/${table}_id`, code: 'required', message: 'one of them is required' });
