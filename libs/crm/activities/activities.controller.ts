import { controller, crud } from '#kernel';
import { Activity, HUMAN_KINDS } from './activity.ts';
import { ActivityChanges, NewActivity } from './activity-input.ts';
import { activityList, ActivityView } from './activity-view.ts';
import { DeleteActivity, EditActivity } from './edit-activity.ts';
import { LogActivity } from './log-activity.ts';

const standard = crud({
  of: Activity,
  called: 'an activity',
  view: ActivityView,
  list: activityList,
  create: [
    LogActivity,
    NewActivity,
    { kind: 'call', text: 'Agreed on a second meeting', contact_id: '01939d4c-7b7e-7c3a-9d0e-3f1a2b4c5d6e' },
  ],
  update: [EditActivity, ActivityChanges, { text: 'Agreed on a second meeting on Tuesday' }],
  remove: DeleteActivity,
});
const byPeople = ({ kind }: Record<string, unknown>) => HUMAN_KINDS.some((one) => one === kind);

export const ActivitiesController = controller(
  'activities',
  { ...standard, update: { ...standard.update!, when: byPeople }, delete: { ...standard.delete!, when: byPeople } },
  { of: Activity },
);
