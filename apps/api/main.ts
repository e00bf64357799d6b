import '../last-words.ts';
import 'reflect-metadata';
import { settings } from '#kernel';
import cluster from 'node:cluster';

// Loaded when needed: the process that only shares the port does without the application.
if (settings.WEB_CONCURRENCY > 1 && cluster.isPrimary) (await import('./share.ts')).share(settings.WEB_CONCURRENCY);
else await (await import('./serve.ts')).serve();
