// What a profile that node --cpu-prof left in a folder says: the packages and the functions that cost most themselves.
import { readdirSync, readFileSync } from 'node:fs';

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  timeDeltas: number[];
}

/** Of all processes that wrote into the folder; shares of the time in which they were not idle. */
export function hottest(folder: string): string {
  const byFunction = new Map<string, number>();
  const byPackage = new Map<string, number>();
  let total = 0;
  for (const file of readdirSync(folder)) {
    const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as Profile;
    const spent = new Map<number, number>();
    samples.forEach((node, i) => spent.set(node, (spent.get(node) ?? 0) + timeDeltas[i]!));
    for (const { id, callFrame } of nodes) {
      const time = spent.get(id) ?? 0;
      if (callFrame.functionName === '(idle)') continue;
      total += time;
      const path = callFrame.url.replace(/.*\/node_modules\//, '').replace(/.*\/dist\//, '');
      const name = `${callFrame.functionName || 'anonymous'} ${path}:${callFrame.lineNumber + 1}`;
      const part = /^(@[^/]+\/[^/]+|[^/]+)/.exec(path)?.[0] ?? callFrame.functionName;
      byFunction.set(name, (byFunction.get(name) ?? 0) + time);
      byPackage.set(part, (byPackage.get(part) ?? 0) + time);
    }
  }
  const most = (of: Map<string, number>, count: number) =>
    [...of]
      .sort(([, one], [, other]) => other - one)
      .slice(0, count)
      .map(([name, time]) => `${((time / total) * 100).toFixed(1).padStart(5)} % ${name}`);
  return [...most(byPackage, 15), '', ...most(byFunction, 45)].join('\n');
}
