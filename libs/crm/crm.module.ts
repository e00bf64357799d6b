import { Context } from '#kernel';
import { ActivitiesController } from './activities/activities.controller.ts';
import { Activity } from './activities/activity.ts';
import { DeleteActivity, EditActivity } from './activities/edit-activity.ts';
import { LogActivity } from './activities/log-activity.ts';
import { AnalyticsController } from './analytics/analytics.controller.ts';
import { DealForecast } from './analytics/deal-forecast.ts';
import { DealFunnel } from './analytics/deal-funnel.ts';
import { DealSummary } from './analytics/deal-summary.ts';
import { CompaniesController } from './companies/companies.controller.ts';
import { Company } from './companies/company.ts';
import { CompanySummary } from './companies/company-summary.ts';
import { CreateCompany } from './companies/create-company.ts';
import { UpdateCompany } from './companies/update-company.ts';
import { Contact } from './contacts/contact.ts';
import { ContactsController } from './contacts/contacts.controller.ts';
import { CreateContact } from './contacts/create-contact.ts';
import { DeleteContact } from './contacts/delete-contact.ts';
import { RestoreContact } from './contacts/restore-contact.ts';
import { UpdateContact } from './contacts/update-contact.ts';
import { crmInvariants } from './crm.invariants.ts';
import { crmPermissions } from './crm.permissions.ts';
import { CreateDeal } from './deals/create-deal.ts';
import { dealInvariants } from './deals/deal-invariants.ts';
import { AddDealContact, RemoveDealContact, ShowDealContact } from './deals/deal-people.ts';
import { DealsController } from './deals/deals.controller.ts';
import { LoseDeal } from './deals/lose-deal.ts';
import { MoveDeal } from './deals/move-deal.ts';
import { ReopenDeal } from './deals/reopen-deal.ts';
import { RestoreDeal } from './deals/restore-deal.ts';
import { UpdateDeal } from './deals/update-deal.ts';
import { WinDeal } from './deals/win-deal.ts';
import { ExchangeRate } from './exchange-rates/exchange-rate.ts';
import { ExchangeRatesController } from './exchange-rates/exchange-rates.controller.ts';
import { ImportExchangeRates } from './exchange-rates/import-exchange-rates.ts';
import { CreateExchangeRate, UpdateExchangeRate } from './exchange-rates/write-exchange-rate.ts';
import { AddStage } from './pipelines/add-stage.ts';
import { CreatePipeline, CreateStandardPipeline } from './pipelines/create-pipeline.ts';
import { PipelinesController } from './pipelines/pipelines.controller.ts';
import { ListStages, ShowStage } from './pipelines/read-stages.ts';
import { RemovePipeline } from './pipelines/remove-pipeline.ts';
import { RemoveStage } from './pipelines/remove-stage.ts';
import { ReorderStages } from './pipelines/reorder-stages.ts';
import { RestorePipeline } from './pipelines/restore-pipeline.ts';
import { UpdatePipeline } from './pipelines/update-pipeline.ts';
import { UpdateStage } from './pipelines/update-stage.ts';
import { DealContact } from './deals/deal-contact.ts';
import { Deal } from './deals/deal.ts';
import { StageHistory } from './deals/stage-history.ts';
import { BeginImport, FailImport, FinishImport, LinkRows } from './imports/import-steps.ts';
import { ExternalReference, Import, ImportBatch, ImportRow } from './imports/import.ts';
import { ImportChunk } from './imports/import-chunk.ts';
import { FolderImport } from './imports/import-folder.ts';
import { ImportsController } from './imports/imports.controller.ts';
import { PrepareOrganization } from './imports/prepare-organization.ts';
import { ImportErrors } from './imports/read-errors.ts';
import { FinishRevert, RevertImport, RevertBatch, RunRevert } from './imports/revert-import.ts';
import { RunImport } from './imports/run-import.ts';
import { StartImport } from './imports/start-import.ts';
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
  entities: [
    Contact,
    Company,
    Task,
    Activity,
    Pipeline,
    Stage,
    Deal,
    DealContact,
    StageHistory,
    ExchangeRate,
    Import,
    ImportBatch,
    ImportRow,
    ExternalReference,
  ],
  permissions: crmPermissions,
  invariants: [...crmInvariants, ...dealInvariants],
  controllers: [
    ContactsController,
    CompaniesController,
    TasksController,
    ActivitiesController,
    PipelinesController,
    DealsController,
    ExchangeRatesController,
    AnalyticsController,
    ImportsController,
  ],
  useCases: [
    ...[CreateContact, UpdateContact, DeleteContact, RestoreContact, ContactTimeline],
    ...[CreateCompany, UpdateCompany, CompanySummary],
    ...[CreateTask, UpdateTask, CompleteTask, ReopenTask, RemindOfTask],
    ...[CreatePipeline, CreateStandardPipeline, UpdatePipeline, RemovePipeline, RestorePipeline],
    ...[ListStages, ShowStage, AddStage, UpdateStage, RemoveStage, ReorderStages],
    ...[CreateDeal, UpdateDeal, WinDeal, LoseDeal, ReopenDeal, MoveDeal, RestoreDeal, AddDealContact, RemoveDealContact, ShowDealContact],
    ...[CreateExchangeRate, UpdateExchangeRate, ImportExchangeRates, DealSummary, DealFunnel, DealForecast],
    ...[LogActivity, EditActivity, DeleteActivity],
    ...[StartImport, RunImport, BeginImport, ImportChunk, LinkRows, FinishImport, FailImport, ImportErrors, PrepareOrganization],
    ...[RevertImport, RunRevert, RevertBatch, FinishRevert],
  ],
  providers: [Follow, FolderImport],
  founding: [CreateStandardPipeline],
})
export class CrmModule {}
