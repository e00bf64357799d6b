import { choice, json, List, moment, readOnly, text, uuid } from '#kernel';
import { z } from 'zod';

/** Who did what to which record. The kernel writes them; here they are only read. */
export class AuditEntry extends readOnly(
  'audit_entry',
  {
    at: moment(),
    actorKind: choice(['user', 'api_key', 'operator', 'system', 'nobody']),
    userId: uuid().optional(),
    apiKeyId: uuid().optional(),
    onBehalfOf: uuid().optional().describe('whose action the system carried on'),
    requestId: text(),
    action: text().describe('create, update, delete or restore', 'update'),
    subject: text().describe('the kind of record', 'deal'),
    subjectId: uuid(),
    content: json(
      z.object({ before: z.record(z.string(), z.unknown()).nullable(), after: z.record(z.string(), z.unknown()).nullable() }).nullable(),
    ).describe('the fields that changed, before and after; secrets are masked; null once erased'),
  },
  { scope: 'tenant' },
) {}

export const AuditView = AuditEntry.view(
  'id',
  'at',
  'actorKind',
  'userId',
  'apiKeyId',
  'onBehalfOf',
  'requestId',
  'action',
  'subject',
  'subjectId',
  'content',
);

export const auditList = new List(AuditView, {
  sorts: ['at'],
  filters: ['at', 'subject', 'subjectId', 'action', 'userId', 'apiKeyId', 'actorKind', 'requestId'],
  standard: '-at',
});
