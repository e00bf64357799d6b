import { listUnder, type Route, type View } from '#kernel';
import type { SubjectField } from '../about.ts';
import { Activity } from './activity.ts';
import { NewActivityHere } from './activity-input.ts';
import { activityList, ActivityView } from './activity-view.ts';
import { LogActivity } from './log-activity.ts';

/** The activities of one record, to list and to add to; a text alone is a comment. */
export const activityRoutes = <R>(parent: View<R>, field: SubjectField, called: string): Record<string, Route> => ({
  activities: listUnder(':id/activities', parent, field, activityList, `List the activities of ${called}`),
  logActivity: {
    method: 'post',
    path: ':id/activities',
    needs: { action: 'create', subject: Activity },
    body: NewActivityHere,
    answers: ActivityView as never,
    status: 201,
    does: `Add an activity to ${called}; a text alone is a comment`,
    example: { kind: 'call', text: 'Agreed on a second meeting', payload: { minutes: 12 } },
    message: ([id], input) => new LogActivity({ ...(input as object), [field]: id }),
  },
});
