import cluster from 'node:cluster';
import { AggregatorRegistry, collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { unavailable } from './errors.ts';

/** Everything this process measures, in the form Prometheus reads. */
export const metrics = new Registry();
collectDefaultMetrics({ register: metrics });

/** Seconds, from an answer out of memory to one that was given up. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** How long something takes, in seconds, by these labels. Labels have few values: routes, not paths; never ids. */
export const histogram = <Label extends string>(name: string, help: string, labelNames: Label[], buckets = SECONDS) =>
  new Histogram({ name, help, labelNames, buckets, registers: [metrics] });

/** How often something happened. */
export const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
  new Counter({ name, help, labelNames, registers: [metrics] });

/** How often something happened that is counted by its code itself, by the value of one label: what every request does is not told each time. */
export const counts = (name: string, help: string, label: string, counted: Readonly<Record<string, number>>) =>
  new Counter({
    name,
    help,
    labelNames: [label],
    registers: [metrics],
    collect() {
      this.reset();
      for (const [value, n] of Object.entries(counted)) this.inc({ [label]: value }, n);
    },
  });

/** How much there is of something now; asked when the metrics are read. */
export const gauge = (name: string, help: string, now: () => number) =>
  new Gauge({
    name,
    help,
    registers: [metrics],
    collect() {
      this.set(now());
    },
  });

export const httpDuration = histogram('http_request_duration_seconds', 'Time to answer a request', ['method', 'route', 'status']);

const WANTED = 'tessera:metrics';
interface Gathered {
  [WANTED]?: string;
}

/** The first process of several that share a port: tells each that asks what all of them measured. */
export function gatherMetrics() {
  const all = new AggregatorRegistry();
  cluster.on('message', (worker, message) => {
    if (message === WANTED)
      void all.clusterMetrics().then(
        (text) => worker.send({ [WANTED]: text }),
        () => {}, // one of them hangs, and whoever asked waits no longer
      );
  });
}

/** In one of them: answers when the first asks. */
export function shareMetrics() {
  AggregatorRegistry.setRegistries(metrics);
  new AggregatorRegistry();
}

/**
 * What there is to read, of all processes that share the port: asked of one after the other, counters would jump.
 * @throws unavailable when the others do not answer within a second
 */
export function measured(): Promise<string> {
  if (!cluster.isWorker) return metrics.metrics();
  return new Promise((resolve, reject) => {
    const heard = ({ [WANTED]: text }: Gathered) => {
      if (text !== undefined) done(() => resolve(text));
    };
    const done = (end: () => void) => {
      clearTimeout(patience);
      process.off('message', heard);
      end();
    };
    const patience = setTimeout(
      () => done(() => reject(unavailable('A process that shares the port does not answer', { retryAfter: 1 }))),
      1000,
    );
    process.on('message', heard);
    process.send!(WANTED);
  });
}
