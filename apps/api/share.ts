import { gatherMetrics, logger } from '#kernel';
import cluster, { type Worker } from 'node:cluster';
import { started } from '../last-words.ts';

const AGAIN_MS = 1000;

/** Shares the port among so many processes. One that dies is replaced; they stop together. Ready when all are. */
export function share(processes: number) {
  let ready = 0;
  let stopping = false;
  cluster.on('message', (_worker: Worker, message) => {
    if (message === 'ready' && ++ready === processes) process.send?.('ready');
  });
  cluster.on('exit', (worker, code, signal) => {
    if (stopping) return leave();
    if (ready < processes) {
      logger.error(`A process of the API did not start (${signal ?? `code ${code}`})`);
      process.exit(1);
    }
    logger.warn(`Process ${worker.process.pid} of the API ended (${signal ?? `code ${code}`}); another takes its place`);
    setTimeout(() => void (stopping || cluster.fork()), AGAIN_MS);
  });
  const sharing = () => Object.values(cluster.workers ?? {}).flatMap((worker) => (worker && !worker.isDead() ? worker : []));
  // Whoever started it may still be listened to, which would keep it.
  const leave = () => {
    if (!sharing().length) process.exit();
  };
  const stop = () => {
    if (stopping) return;
    stopping = true;
    for (const worker of sharing()) worker.kill('SIGTERM');
    leave();
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(signal, stop);
  started();
  gatherMetrics();
  for (let i = 0; i < processes; i++) cluster.fork();
}
