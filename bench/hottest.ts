// What a profile of V8 says: the packages and the functions that cost most themselves, and what the time went for.
import { readdirSync, readFileSync } from 'node:fs';

interface Frame {
  functionName: string;
  url: string;
  lineNumber: number;
}
export interface Profile {
  nodes: { id: number; callFrame: Frame }[];
  samples: number[];
  timeDeltas: number[];
}
const NATIVE = /^(writev|writeUtf8String|writeLatin1String|writeBuffer|writeAsciiString)$/;

/** What a function is about. */
function kindOf({ functionName, url }: Frame): string {
  if (functionName === '(garbage collector)') return 'garbage collection';
  if (NATIVE.test(functionName)) return 'system calls that send';
  if (url.startsWith('node:')) return "Node's HTTP, sockets and timers";
  if (!url) return 'V8 and native code';
  const path = url.replace(/.*\/node_modules\//, '');
  if (path === url) return 'own code';
  if (/^(fastify|find-my-way|@fastify|avvio)\//.test(path)) return 'Fastify';
  if (path.startsWith('@nestjs/')) return 'Nest';
  return path.startsWith('pg') ? 'pg' : 'other packages';
}

/** The time that each node took itself, but for those in which nothing was to be done. */
function* busy({ nodes, samples, timeDeltas }: Profile): Generator<[Frame, number]> {
  const spent = new Map<number, number>();
  samples.forEach((node, i) => spent.set(node, (spent.get(node) ?? 0) + timeDeltas[i]!));
  for (const { id, callFrame } of nodes) if (callFrame.functionName !== '(idle)') yield [callFrame, spent.get(id) ?? 0];
}

/** Shares of the time in which it was not idle, by what it went for. */
export function spentOn(profile: Profile): ReadonlyMap<string, number> {
  const all = [...busy(profile)];
  const total = all.reduce((sum, [, time]) => sum + time, 0);
  const kinds = new Map<string, number>();
  for (const [frame, time] of all) kinds.set(kindOf(frame), (kinds.get(kindOf(frame)) ?? 0) + time / total);
  return kinds;
}

/** Of all processes that wrote into the folder, or of one file; shares of the time in which they were not idle. */
export function hottest(folder: string, only?: string): string {
  const byFunction = new Map<string, number>();
  const byPackage = new Map<string, number>();
  let total = 0;
  for (const file of readdirSync(folder).filter((name) => !only || name === only))
    for (const [frame, time] of busy(JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as Profile)) {
      total += time;
      const path = frame.url.replace(/.*\/node_modules\//, '').replace(/.*\/dist\//, '');
      const name = `${frame.functionName || 'anonymous'} ${path}:${frame.lineNumber + 1}`;
      const part = /^(@[^/]+\/[^/]+|[^/]+)/.exec(path)?.[0] ?? frame.functionName;
      byFunction.set(name, (byFunction.get(name) ?? 0) + time);
      byPackage.set(part, (byPackage.get(part) ?? 0) + time);
    }
  const most = (of: Map<string, number>, count: number) =>
    [...of]
      .sort(([, one], [, other]) => other - one)
      .slice(0, count)
      .map(([name, time]) => `${((time / total) * 100).toFixed(1).padStart(5)} % ${name}`);
  return [...most(byPackage, 15), '', ...most(byFunction, 45)].join('\n');
}
