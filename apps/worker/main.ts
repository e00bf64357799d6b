import '../last-words.ts';
import '../start-small.ts';

// After the above, and not beside it: what is imported plainly is all loaded before the first of it runs.
await import('reflect-metadata');
await (await import('./work.ts')).work();
