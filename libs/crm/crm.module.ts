import { Context } from '#kernel';
import { ActivitiesController } from './activities/activities.controller.ts';
import { Activity } from './activities/activity.ts';
import { DeleteActivity, EditActivity } from './activities/edit-activity.ts';
import { LogActivity } from './activities/log-activity.ts';
import { CompaniesController } from './companies/companies.controller.ts';
import { Company } from './companies/company.ts';
import { CompanySummary } from './companies/company-summary.ts';
import { CreateCompany } from './companies/create-company.ts';
import { UpdateCompany } from './companies/update-company.ts';
import { Contact } from './contacts/contact.ts';
import { ContactsController } from './contacts/contacts.controller.ts';
import { CreateContact } from './contacts/create-contact.ts';
import { DeleteContact } from './contacts/delete-contact.ts';
import { UpdateContact } from './contacts/update-contact.ts';
import { crmInvariants } from './crm.invariants.ts';
import { crmPermissions } from './crm.permissions.ts';
import { DealContact } from './deals/deal-contact.ts';
import { Deal } from './deals/deal.ts';
import { StageHistory } from './deals/stage-history.ts';
import { Pipeline, Stage } from './pipelines/pipeline.ts';
import { CreateTask } from './tasks/create-task.ts';
import { Follow } from './tasks/follow.ts';
import { RemindOfTask } from './tasks/remind-of-task.ts';
import { Task } from './tasks/task.ts';
import { TasksController } from './tasks/tasks.controller.ts';
import { CompleteTask, ReopenTask, UpdateTask } from './tasks/update-task.ts';
import { ContactTimeline } from './timeline/contact-timeline.ts';
import './timeline/crm-parts.ts';

@Context({
  entities: [Contact, Company, Task, Activity, Pipeline, Stage, Deal, DealContact, StageHistory],
  permissions: crmPermissions,
  invariants: crmInvariants,
  controllers: [ContactsController, CompaniesController, TasksController, ActivitiesController],
  useCases: [
    ...[CreateContact, UpdateContact, DeleteContact, ContactTimeline],
    ...[CreateCompany, UpdateCompany, CompanySummary],
    ...[CreateTask, UpdateTask, CompleteTask, ReopenTask, RemindOfTask],
    ...[LogActivity, EditActivity, DeleteActivity],
  ],
  providers: [Follow],
})
export class CrmModule {}
