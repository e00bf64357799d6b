import { controller, listing } from '#kernel';
import { auditList } from './audit-entry.ts';

export const AuditController = controller('audit', { list: listing('', auditList, 'List who did what, newest first') });
