// For those who do work or look after it: the worker, the terminal, the tests. Loads no queue; that is `#kernel/jobs/queue`'s.
export { type Backlog } from './backlog.ts';
export { drain } from './drain.ts';
export { Housekeeping } from './housekeeping.ts';
export { JobsModule } from './jobs.module.ts';
export { type Listed, Organizations } from './organizations.ts';
export { Outbox } from './outbox.ts';
export { MOST_ATTEMPTS, Promises } from './promises.ts';
export { type AuditReport, Sealer } from './seal.ts';
