import { List } from '#kernel';
import { z } from 'zod';
import { Import } from './import.ts';

export const ImportView = Import.view(
  'id',
  'resource',
  'fileName',
  'fileSize',
  'source',
  'mapping',
  'dateFormat',
  'duplicatePolicy',
  'matchOn',
  'dryRun',
  'status',
  'progress',
  'position',
  'created',
  'updated',
  'skipped',
  'failed',
  'incomplete',
  'removed',
  'kept',
  'failure',
  'startedAt',
  'finishedAt',
  'ownerId',
  'createdAt',
  'updatedAt',
  'version',
).and({ total: [z.int().meta({ description: 'Rows of the file that are dealt with' }), ({ position }) => position] });

export const importList = new List(ImportView, {
  sorts: ['createdAt', 'updatedAt'],
  filters: ['ownerId', 'resource', 'status', 'dryRun', 'createdAt'],
});
