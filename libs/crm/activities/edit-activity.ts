import { Command, EntityManager, Handles, load } from '#kernel';
import type { z } from 'zod';
import { changed } from '../changed.ts';
import { Activity } from './activity.ts';
import { type ActivityChanges, activityImmutable, commentNeedsText } from './activity-input.ts';

/** Changes what one has written. @throws activity.immutable, activity.comment_needs_text */
export class EditActivity extends Command<Activity> {
  constructor(
    readonly id: string,
    readonly changes: z.output<typeof ActivityChanges>,
  ) {
    super();
  }
}

@Handles(EditActivity, 'update', Activity)
class Editing {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, changes }: EditActivity) {
    const activity = await load(this.em, Activity, id);
    if (activity.isSystem()) throw activityImmutable();
    Object.assign(activity, changed(activity, changes));
    if (activity.kind === 'comment' && !activity.text?.trim()) throw commentNeedsText();
    return activity;
  }
}

/** Deletes what one has written. @throws activity.immutable */
export class DeleteActivity extends Command<Activity> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(DeleteActivity, 'delete', Activity)
class Deleting {
  constructor(private readonly em: EntityManager) {}
  async execute({ id }: DeleteActivity) {
    const activity = await load(this.em, Activity, id);
    if (activity.isSystem()) throw activityImmutable();
    activity.remove();
    return activity;
  }
}
