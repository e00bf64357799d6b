import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

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
