import '../last-words.ts';
import '../start-small.ts';
import cluster from 'node:cluster';

// After the above, and not beside it: what is imported plainly is all loaded before the first of it runs.
await import('reflect-metadata');
const { settings } = await import('#kernel');
if (settings.WEB_CONCURRENCY > 1 && cluster.isPrimary) (await import('./share.ts')).share(settings.WEB_CONCURRENCY);
else await (await import('./serve.ts')).serve();
