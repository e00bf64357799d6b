// What PostgreSQL did for every statement the application sent, and what is wrong with it.
import pg from 'pg';
import { AMONG_MANY } from './known.ts';
import { SMALL } from './large.ts';

/** Rows that may be looked at in vain, and rows that may be handled at once: no request needs more of a table that grows.
 * Among many organizations a little more: a table of theirs may still be worth reading whole. */
export const IN_VAIN = AMONG_MANY ? 150 : 100;
export const AT_ONCE = AMONG_MANY ? 2000 : 1000;

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  Filter?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Join Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: Node[];
}
/** One statement as it was run. */
export interface Run {
  /** What was asked of the application when it was sent, and why it may read much, if it may. */
  readonly during: string;
  readonly excuse?: string;
  /** The name of the connection: reads, slow reads, writes. */
  readonly by: string;
  readonly text: string;
  readonly plan: Node;
}

/** Listens to all connections that are opened from now on. */
export class Listener {
  during = '';
  excuse?: string;
  readonly runs: Run[] = [];

  constructor() {
    const told = (notice: { message?: string }, by: string) => this.heard(notice.message ?? '', by);
    const connect = Object.getOwnPropertyDescriptor(pg.Client.prototype, 'connect')!.value as (...given: unknown[]) => unknown;
    Object.defineProperty(pg.Client.prototype, 'connect', {
      configurable: true,
      value(this: pg.Client, ...given: unknown[]) {
        const { application_name: name } = (this as unknown as { connectionParameters: { application_name?: string } })
          .connectionParameters;
        this.on('notice', (notice) => told(notice, name ?? ''));
        return connect.apply(this, given);
      },
    });
  }

  private heard(message: string, by: string) {
    const begin = message.indexOf('plan:\n');
    if (begin < 0) return;
    const { 'Query Text': text, Plan: plan } = JSON.parse(message.slice(begin + 'plan:\n'.length)) as { 'Query Text': string; Plan: Node };
    this.runs.push({ during: this.during, ...(this.excuse ? { excuse: this.excuse } : {}), by, text, plan });
  }
}

/** The lanes of reports, and of counts and searches. What is read there is what the question is about, unless it answers a page. */
const ROOMY = ['tessera wide', 'tessera slow'];
const PAGE = 101;
const isPage = ({ 'Node Type': type, 'Actual Rows': rows }: Node) => type === 'Limit' && rows <= PAGE;

/** What breaks the law in one statement; nothing for a good one. */
export function faults({ plan, by, excuse }: Run): string[] {
  if (excuse || (ROOMY.includes(by) && !isPage(plan))) return [];
  const wrong: string[] = [];
  walk(plan, (node) => {
    const table = node['Relation Name'];
    if (!table || table in SMALL) return;
    const loops = node['Actual Loops'];
    const removed = (['Rows Removed by Filter', 'Rows Removed by Join Filter', 'Rows Removed by Index Recheck'] as const).reduce(
      (sum, name) => sum + (node[name] ?? 0),
      0,
    );
    const vain = Math.round(removed * loops);
    const rows = Math.round(node['Actual Rows'] * loops);
    const where = `${node['Node Type']} on ${table}${node['Index Name'] ? ` by ${node['Index Name']}` : ''}`;
    if (vain > IN_VAIN) wrong.push(`${where}: ${vain} rows in vain by ${node.Filter ?? 'a lossy index'}`);
    // Rows that are read to be sorted, or joined: as many as there are.
    else if (rows > AT_ONCE) wrong.push(`${where}: ${rows} rows`);
  });
  return wrong;
}

function walk(node: Node, visit: (node: Node) => void) {
  visit(node);
  for (const inner of node.Plans ?? []) walk(inner, visit);
}
