export { CrmModule } from './crm.module.ts';
export { Activity, systemActivity } from './activities/activity.ts';
export { Company } from './companies/company.ts';
export { Contact } from './contacts/contact.ts';
export { CreateContact } from './contacts/create-contact.ts';
export { Deal, isOpen, type Status } from './deals/deal.ts';
export { Pipeline, Stage } from './pipelines/pipeline.ts';
export { Task, TaskReminderDue } from './tasks/task.ts';
export { onTimeline, type TimelinePart } from './timeline/timeline.ts';
