import { jest } from '@jest/globals';
import fc from 'fast-check';
import { Organizations, Verifier } from '#kernel';
import { alsoServe, app, drain, type Json, type World, world } from '../world.ts';
import { isLeaky, LeakyModule } from './leaky.ts';
import { type Body, Inhabitant, type Operation, operations } from './samples.ts';
import { ownedTables, stateOf } from './sweep.ts';

/** Repeat a run with SEED=…, look longer with FUZZ_RUNS=…. */
const SEED = Number(process.env.SEED ?? 20_261_120);
const RUNS = Number(process.env.FUZZ_RUNS ?? 14);
jest.setTimeout(600_000);

alsoServe(LeakyModule);
const all = operations();
const real = all.filter((operation) => !isLeaky(operation));
/** Ends the session, the organization or the rights of who sends it: sent by somebody of its own. */
const ENDS = /^auth\/(logout|sessions|password|switch)|^organizations\/|^admin/;

interface Sent {
  method: string;
  url: string;
  headers: Record<string, string>;
  payload?: string;
}
interface Got {
  status: number;
  type: string;
  text: string;
}
const asCurl = ({ method, url, headers, payload }: Sent) =>
  [
    `curl -X ${method} '${url.slice(0, 500)}'`,
    ...Object.entries(headers).map(
      ([name, value]) => `-H '${name}: ${value.startsWith('Bearer ey') ? 'Bearer $TOKEN' : value.slice(0, 100)}'`,
    ),
    payload === undefined ? '' : `--data-raw '${payload.slice(0, 500)}'`,
  ].join(' ');

async function fire({ method, url, headers, payload }: Sent): Promise<Got> {
  const instance = await app();
  const reply = await instance.inject({ method: method as 'GET', url, headers, ...(payload === undefined ? {} : { payload }) });
  return { status: reply.statusCode, type: String(reply.headers['content-type'] ?? ''), text: reply.body };
}

/** What is wrong with an answer, whatever was asked; undefined when nothing is. */
function wrong({ status, type, text }: Got): string | undefined {
  if (status >= 500) return `answered ${status}`;
  if (/\bat \S+ \(?\S+:\d+:\d+|node_modules|\bselect\b.+\bfrom\b|\binsert into\b|syntax error at/i.test(text)) return 'tells of the inside';
  if (status === 304) return text ? 'a body beside 304' : undefined;
  if (!/json/.test(type))
    return status < 400 && /csv|sheet|octet|pdf|text\/calendar/.test(type) ? undefined : `answered ${status} as ${type || 'nothing'}`;
  const body = JSON.parse(text) as Json;
  if (status < 400) {
    if (/octet|application\/json/.test(type) && Array.isArray(body)) return undefined;
    return body.success === true && body.error === null && typeof body.meta?.request_id === 'string' ? undefined : 'no envelope';
  }
  if (!type.startsWith('application/problem+json')) return `a problem as ${type}`;
  const { success, data, error, meta } = body;
  const whole =
    success === false && data === null && body.status === status && typeof body.type === 'string' && typeof body.title === 'string';
  const said =
    typeof error?.code === 'string' &&
    /^[a-z_]+(\.[a-z_0-9]+)*$/.test(error.code) &&
    Array.isArray(error.details) &&
    typeof meta?.request_id === 'string';
  return whole && said && typeof body.detail === 'string' && typeof body.instance === 'string' ? undefined : 'a problem out of shape';
}

const deep = (depth: number): Json => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
const TEXTS = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  'x\udfff',
  '\u202e',
  'x'.repeat(11_000),
  '💥'.repeat(300),
  'é'.normalize('NFD'),
  '%',
  '\\',
  `'; drop table contact; --`,
  '../../etc/passwd',
  '${7*7}',
  '__proto__',
  'null',
  '-0',
  '1e400',
  'NaN',
  '٣',
  '2026-02-30',
  '0000-01-01',
  '9999-12-31',
  '9999-12-31T23:59:59.999Z',
  '+275760-09-13T00:00:00Z',
  '2026-01-01T00:00:00+99:99',
  '00000000-0000-0000-0000-000000000000',
  'XXX',
  '999999999999999999999999',
  '0.00001',
  '-1.5',
];
const text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
);
const hostile: fc.Arbitrary<Json> = fc.oneof(
  { weight: 6, arbitrary: text },
  { weight: 3, arbitrary: fc.constantFrom(0, -1, 1.5, 2 ** 31, 2 ** 53, 1e21, 1e308, -1e308, true, false, null) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Json>(
      [],
      {},
      [null],
      [[]],
      { a: 1 },
      deep(30),
      deep(3000),
      { constructor: { prototype: 1 } },
      { toString: 'x', length: -1 },
      Array.from({ length: 1500 }, (_, i) => i),
    ),
  },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.uuid() },
);
const RAW = [
  '',
  '{',
  '[1,',
  'null',
  '"x"',
  '1',
  '[]',
  '{"a":1}{"b":2}',
  '\ufeff{}',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"name":"a","name":"b"}',
  'a=b&c[]=d',
  '{"x":1e999}',
  '\u0000',
  '['.repeat(20_000),
];
const TYPES = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'multipart/form-data; boundary=x',
  'text/csv',
  'application/octet-stream',
  'application/xml',
  'application/json; charset=utf-16',
  'application/merge-patch+json',
  'nonsense',
  '',
];
const IDS = [
  'x',
  '%00',
  '%2e%2e%2f',
  '..',
  '%',
  '%zz',
  '%ff',
  'x'.repeat(300),
  '00000000-0000-0000-0000-000000000000',
  '0193ffff-ffff-7fff-bfff-ffffffffffff',
  '{id}',
  'null',
  '1',
  "'",
  '[object Object]',
];
const QUERIES = [
  '%zz=%E0%A4%A',
  '__proto__=1',
  '__proto__[polluted]=true',
  'constructor[prototype][polluted]=1',
  'a[b][c]=1',
  '&&&==',
  'page=1&page=2',
  'cursor=AAAA',
  'cursor=%00',
  'page_size=1e3',
  'page=-1',
  'sort=',
  'sort=-',
  'sort=id;drop',
  'search=%00',
  'search=%F0%9F%92%A5',
  `search=${'a%20'.repeat(100)}`,
  'fields=__proto__',
  'include=constructor',
  'count=',
  'format=__proto__',
  'format=xlsx',
  'format=json',
  'order_by=created_at&order=',
  `x=${'y'.repeat(4000)}`,
];

interface Plan {
  id: string | null;
  query: string;
  parameters: [number, string][];
  headers: [string, string][];
  body: {
    kind: 'valid' | 'mutated' | 'hostile' | 'raw' | 'none';
    changes: [number, Json][];
    whole: Json;
    raw: string;
    extra: boolean;
    without: number;
  };
  type: string | null;
  key: number;
}
const sometimes = <T>(arbitrary: fc.Arbitrary<T>, freq: number) => fc.option(arbitrary, { freq });
const headers = fc.uniqueArray(
  fc.oneof(
    fc.tuple(fc.constant('x-organization-id'), fc.constantFrom('', 'x', '00000000-0000-0000-0000-000000000000', ' ', 'a, b')),
    fc.tuple(fc.constant('if-match'), fc.constantFrom('"v1"', '"v1.AAAAAAAAAAA"', 'v1', '*', '""', '"v99999999999999999999"', 'W/"v1"')),
    fc.tuple(fc.constant('if-none-match'), fc.constantFrom('"v1"', '*', '""', ',', '"')),
    fc.tuple(fc.constant('idempotency-key'), fc.constantFrom('', 'a', 'a'.repeat(300), '\u00fc', ' ')),
    fc.tuple(fc.constant('x-request-id'), fc.constantFrom('', '<script>', 'a'.repeat(200), '${x}')),
    fc.tuple(
      fc.constant('authorization'),
      fc.constantFrom('', 'Bearer', 'Bearer ', 'Bearer x.y.z', 'Basic eA==', 'Bearer tsk_x', 'Bearer \u00fc'),
    ),
    fc.tuple(fc.constant('accept'), fc.constantFrom('text/html', 'nonsense', '')),
    fc.tuple(fc.constant('accept-encoding'), fc.constant('br;q=nonsense')),
    fc.tuple(fc.constant('content-encoding'), fc.constantFrom('gzip', 'nonsense')),
    fc.tuple(fc.constant('origin'), fc.constantFrom('null', 'https://evil.example')),
  ),
  { maxLength: 2, selector: ([name]) => name },
);
const plan: fc.Arbitrary<Plan> = fc.record({
  id: sometimes(fc.constantFrom(...IDS), 4),
  query: fc.oneof({ weight: 3, arbitrary: fc.constant('') }, { weight: 1, arbitrary: fc.constantFrom(...QUERIES) }),
  parameters: fc.array(fc.tuple(fc.nat(200), text), { maxLength: 3 }),
  headers: fc.oneof({ weight: 2, arbitrary: fc.constant<[string, string][]>([]) }, { weight: 1, arbitrary: headers }),
  body: fc.record({
    kind: fc.oneof(
      { weight: 6, arbitrary: fc.constant('mutated' as const) },
      { weight: 1, arbitrary: fc.constantFrom('valid' as const, 'hostile' as const, 'raw' as const, 'none' as const) },
    ),
    changes: fc.array(fc.tuple(fc.nat(100), hostile), { minLength: 1, maxLength: 3 }),
    whole: hostile,
    raw: fc.constantFrom(...RAW),
    extra: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    without: fc.nat(300),
  }),
  type: sometimes(fc.constantFrom(...TYPES), 10),
  key: fc.nat(),
});

/** The request that a plan makes of an operation: a valid one, bent in a few places. */
function bent(plan: Plan, operation: Operation, path: string, valid: Body | undefined, token: string, organization: string): Sent {
  const parts = path.split('/');
  const places = operation.path.split('/').flatMap((part, i) => (part.startsWith('{') ? [i] : []));
  if (plan.id !== null && places.length) parts[places[plan.key % places.length]!] = plan.id;
  const known = ((operation.doc.parameters ?? []) as Json[]).filter((one) => one.in === 'query').map(({ name }) => name as string);
  const asked =
    operation.method === 'GET' && known.length
      ? plan.parameters.map(([nth, value]) => [known[nth % known.length]!, value] as [string, string])
      : [];
  const query = [new URLSearchParams(asked).toString(), plan.query].filter(Boolean).join('&');
  const sent = { method: operation.method, url: `/api/v1/${parts.join('/')}${query ? `?${query}` : ''}` };
  const all: Record<string, string> = { authorization: `Bearer ${token}`, 'x-organization-id': organization };
  for (const [name, value] of plan.headers) all[name] = value;
  if (operation.method === 'GET') return { ...sent, headers: all };
  const payload = bodyOf(plan, valid);
  const type = plan.type ?? (operation.route.upload ? 'text/csv' : 'application/json');
  return {
    ...sent,
    headers: payload === undefined ? all : { ...all, 'content-type': type },
    ...(payload === undefined ? {} : { payload }),
  };
}
function bodyOf({ body }: Plan, valid: Body | undefined): string | undefined {
  if (body.kind === 'none' || (valid === undefined && body.kind !== 'raw')) return undefined;
  if (body.kind === 'raw') return body.raw;
  if (body.kind === 'hostile') return JSON.stringify(body.whole);
  const made = structuredClone(valid!);
  const places = placesIn(made);
  if (body.kind === 'mutated' && places.length) {
    for (const [nth, value] of body.changes) {
      const [at, key] = places[nth % places.length]!;
      at[key] = value;
    }
    const [at, key] = places[body.without % places.length]!;
    if (body.without < 60) delete at[key];
  }
  return JSON.stringify(body.extra ? { ...made, tenant_id: 'x', role: 'owner', id: 'y' } : made);
}
/** Every place in a body, its nested ones too. */
function placesIn(value: Json): [Json, string][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value).flatMap((key): [Json, string][] => [[value, key], ...placesIn(value[key])]);
}

describe('whatever is sent', () => {
  let me: Inhabitant;
  let them: Inhabitant;
  const statuses: Record<number, number> = {};
  const letIn = new Set<string>();
  /** The organizations that something was sent to. */
  const touched: World['organization'][] = [];

  beforeAll(async () => {
    const [mine, theirs] = await Promise.all([world(), world()]);
    touched.push(mine.organization, theirs.organization);
    them = new Inhabitant(theirs.owner, real);
    me = new Inhabitant(mine.owner, real, them);
    await me.furnish();
    await them.furnish();
  });

  async function somebodyElse() {
    const { organization, owner } = await world();
    touched.push(organization);
    return owner;
  }

  async function play(operation: Operation): Promise<string | undefined> {
    const who = ENDS.test(operation.path) ? new Inhabitant(await somebodyElse(), real, me) : me;
    const path = (await who.pathOf(operation)) ?? operation.path.replace(/\{\w+\}/g, who.organizationId);
    const valid = await who.valid(operation);
    const { token } = who.persona;
    const property = fc.asyncProperty(plan, async (made) => {
      const sent = bent(made, operation, path, valid, token, who.organizationId);
      const got = await fire(sent);
      statuses[got.status] = (statuses[got.status] ?? 0) + 1;
      if (got.status < 300) letIn.add(operation.id);
      const why = wrong(got);
      if (why) throw new Error(`${why}: ${asCurl(sent)} -> ${got.text.slice(0, 300)}`);
    });
    const { failed, errorInstance } = await fc.check(property, { seed: SEED, numRuns: RUNS, interruptAfterTimeLimit: 20_000 });
    return failed ? `${operation.id}: ${(errorInstance as Error).message}` : undefined;
  }

  it(`no operation breaks, and every answer keeps the contract (SEED=${SEED})`, async () => {
    const tables = await ownedTables();
    const before = await stateOf(them.organizationId, tables);
    const failures: string[] = [];
    for (const operation of real) {
      const failure = await play(operation);
      if (failure) failures.push(failure);
    }
    expect(failures).toEqual([]);
    expect(await stateOf(them.organizationId, tables)).toEqual(before);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('and whatever got through left every invariant standing, once what follows from it is done', async () => {
    const instance = await app();
    const verifier = instance.get(Verifier);
    const wrongs: string[] = [];
    for (const organization of touched) {
      // Some of them deleted themselves.
      if (!(await instance.get(Organizations).find(organization.id))) continue;
      await drain(organization);
      for (const { name, wrong: n, examples } of await verifier.organization(organization.facts()))
        if (n) wrongs.push(`${name}: ${n} (${examples.join(', ')})`);
    }
    expect(touched.length).toBeGreaterThan(2);
    expect(wrongs).toEqual([]);
  });

  it('and it was not sent in vain: most operations were reached, and many requests were refused', () => {
    const sum = (from: number, to: number) =>
      Object.entries(statuses).reduce((all, [status, n]) => all + (Number(status) >= from && Number(status) < to ? n : 0), 0);
    expect(letIn.size).toBeGreaterThan(real.length / 3);
    expect(sum(400, 500)).toBeGreaterThan(RUNS * real.length * 0.3);
  });
});

describe('canary', () => {
  it('answers out of shape are told', () => {
    const problem = {
      type: 't',
      title: 't',
      status: 400,
      detail: 'd',
      instance: 'i',
      success: false,
      data: null,
      meta: { request_id: 'r' },
      error: { code: 'a.b', message: 'm', details: [] },
    };
    const got = (status: number, body: object, type = 'application/problem+json'): Got => ({ status, type, text: JSON.stringify(body) });
    expect(wrong(got(400, problem))).toBeUndefined();
    expect(wrong(got(500, { ...problem, status: 500 }))).toBe('answered 500');
    expect(wrong(got(400, problem, 'application/json'))).toMatch('a problem as');
    expect(wrong(got(404, problem))).toBe('a problem out of shape');
    expect(wrong(got(400, { ...problem, error: null }))).toBe('a problem out of shape');
    expect(wrong(got(400, { ...problem, detail: 'select id from contact' }))).toBe('tells of the inside');
    expect(wrong(got(200, { data: {} }, 'application/json'))).toBe('no envelope');
    expect(wrong({ status: 200, type: '', text: 'x' })).toMatch('answered 200 as');
  });
});
