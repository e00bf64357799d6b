import { logger } from '#kernel';
import cluster, { type Worker } from 'node:cluster';

const AGAIN_MS = 1000;

/** Shares the port among so many processes. One that dies is replaced; they stop together. Ready when all are. */
export function share(processes: number) {
  let ready = 0;
  let stopping = false;
  cluster.on('message', (_worker: Worker, message) => {
    if (message === 'ready' && ++ready === processes) process.send?.('ready');
  });
  cluster.on('exit', (worker, code, signal) => {
    if (stopping) return;
    if (ready < processes) {
      logger.error(`A process of the API did not start (${signal ?? `code ${code}`})`);
      process.exit(1);
    }
    logger.warn(`Process ${worker.process.pid} of the API ended (${signal ?? `code ${code}`}); another takes its place`);
    setTimeout(() => void (stopping || cluster.fork()), AGAIN_MS);
  });
  const stop = () => {
    if (stopping) return;
    stopping = true;
    for (const worker of Object.values(cluster.workers ?? {})) worker?.kill('SIGTERM');
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(signal, stop);
  for (let i = 0; i < processes; i++) cluster.fork();
}
