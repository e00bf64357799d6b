import { setTimeout as wait } from 'node:timers/promises';
import type { Arena } from './arena.ts';
import { drained, kept, verified, works } from './checks.ts';
import { Door } from './door.ts';
import { HARD, SOFT } from './faults.ts';
import { Hand } from './hand.ts';
import { Ledger, type Tenant, type Violation } from './ledger.ts';
import { Random } from './random.ts';
import type { Aftermath, Fault, Scenario, Stage } from './scenario.ts';

const TENANTS = 3;
const CLIENTS = 4;
const THINK_MS = 25;
/** Who finds nobody at home comes back a little later. */
const LOST_MS = 150;
/** Nobody waits longer for an answer, whatever happens. */
const PATIENCE_MS = 10_000;
const DAY = 24 * 60 * 60 * 1000;
const PASSWORD = 'nobody would guess 81 this';

export interface Planned {
  readonly after: number;
  readonly fault: Fault;
}
export interface Script {
  readonly seed: string;
  readonly number: number;
  /** Names of faults, when not all are wanted. */
  readonly only: readonly string[];
  /** Whether the product is asked to verify itself afterwards. */
  readonly verifies: boolean;
}
export interface Played {
  /** The names of the faults. */
  readonly faults: readonly string[];
  readonly violations: readonly Violation[];
  readonly statuses: ReadonlyMap<string, number>;
  readonly measured: ReadonlyMap<string, number>;
  readonly counted: ReadonlyMap<string, number>;
  readonly requests: number;
  readonly ms: number;
}

/** The faults that this scenario can meet here. */
const meets = (all: readonly Fault[], arena: Arena) => all.filter(({ can }) => !can || can(arena));

/** Which faults come when: drawn before the run, from its seed alone. @param only names of faults, when not all are wanted */
export function plan(random: Random, all: readonly Fault[], only: readonly string[] = []): { hard: Planned[]; soft: Planned[] } {
  const draw = (all: readonly Fault[], count: number, longest: number) => {
    const from = only.length ? all.filter(({ name }) => only.includes(name)) : all;
    return from.length ? Array.from({ length: count }, () => ({ after: random.int(100, longest), fault: random.weighted(from) })) : [];
  };
  return { hard: draw(all, random.int(1, 3), 900), soft: draw(SOFT, random.int(1, 3), 1500) };
}

/** One run, by its seed and number: clients work, faults happen, everything comes to rest, and then what must be true is looked at. */
export async function play(arena: Arena, scenario: Scenario, { seed, number, only, verifies }: Script): Promise<Played> {
  const began = performance.now();
  const random = new Random(`${seed}/${number}`);
  const ledger = new Ledger(`chaos-${seed}-${number}`, scenario.derived);
  const door = new Door(arena.apiPort, PATIENCE_MS);
  const measured = new Map<string, number>();
  const counted = new Map<string, number>();
  const { hard, soft } = plan(random.fork('plan'), meets([...HARD, ...(scenario.faults ?? [])], arena), only);
  const last: Fault[] = [];
  try {
    let excused = false;
    const tenants = await Promise.all(Array.from({ length: TENANTS }, (_, i) => found(arena, door, `${ledger.run}-${i}`)));
    const hand = (tenant: Tenant, name: string) =>
      new Hand(tenant, random.fork(`${tenants.indexOf(tenant)} ${name}`), ledger, door, () => excused);
    const hands = tenants.map((tenant) => hand(tenant, 'first'));
    await Promise.all(hands.map((one) => scenario.furnish(one)));

    let over = false;
    const work = async (one: Hand) => {
      while (!over) {
        const sent = ledger.lost;
        await one.random.weighted(scenario.actions).do(one);
        await wait(one.random.int(0, THINK_MS) + (ledger.lost > sent ? LOST_MS : 0));
      }
    };
    const clients = tenants.flatMap((tenant) => Array.from({ length: CLIENTS }, (_, i) => work(hand(tenant, `client ${i}`))));
    const stage: Stage = {
      arena,
      scenario,
      hands,
      measured,
      counted,
      probe: hand(tenants[0]!, 'probe'),
      random: random.fork('faults'),
      excuse: () => (excused = true),
    };
    const phase = phases(measured);
    const before = await arena.deadlocks();
    await Promise.all([inTurn(hard, stage), inTurn(soft, { ...stage, random: random.fork('soft faults') })]);
    await wait(200);
    over = true;
    await Promise.all(clients);

    const aftermath: Aftermath = { arena, ledger, hands };
    await Promise.all(arena.programs.map((program) => program.start()));
    phase('faults');
    await drained(aftermath, scenario);
    await works(aftermath);
    await drained(aftermath, scenario);
    if (scenario.daysAfter) {
      const own = meets(scenario.faults ?? [], arena).filter(({ name }) => !only.length || only.includes(name));
      const later = { ...stage, random: random.fork('days after') };
      if (own.length) last.push(later.random.weighted(own));
      // It lies in wait when the days pass.
      const struck = Promise.all(last.map((fault) => fault.play(later)));
      for (const worker of arena.workers) worker.skew(scenario.daysAfter * DAY);
      await struck;
      await drained(aftermath, scenario, scenario.daysAfter * DAY);
    }
    const after = await arena.deadlocks();
    // PostgreSQL begins to count anew when it has died.
    counted.set('deadlocks', after < before ? after : after - before);
    phase('coming to rest');
    await kept(aftermath, scenario);
    await scenario.check(aftermath);
    for (const worker of arena.workers) worker.skew(0);
    phase('checks');
    if (verifies) await verified(aftermath);
    phase('verify');
  } catch (error) {
    ledger.violate(`The run could not be played to its end: ${(error as Error).message}`, (error as Error).stack);
  } finally {
    door.close();
  }
  measured.set('slowest answer', ledger.slowest);
  const { violations, statuses } = ledger;
  const requests = [...statuses.values()].reduce((sum, n) => sum + n, 0);
  const faults = [...[...hard, ...soft].map(({ fault }) => fault), ...last].map(({ name }) => name);
  return { faults, violations, statuses, measured, counted, requests, ms: performance.now() - began };
}

/** How long the parts of a run take. */
function phases(measured: Map<string, number>) {
  let began = performance.now();
  return (name: string) => {
    measured.set(name, performance.now() - began);
    began = performance.now();
  };
}

async function inTurn(faults: readonly Planned[], stage: Stage) {
  for (const { after, fault } of faults) {
    await wait(after);
    await fault.play(stage);
  }
}

/** Before anything is broken: an organization of its own, so that runs do not get in each other's way. */
async function found(arena: Arena, door: Door, name: string): Promise<Tenant> {
  const email = `${name}@example.com`;
  const body = JSON.stringify({ email, password: PASSWORD, name, organization_name: name });
  for (let attempt = 1; ; attempt++) {
    const reply = await door.send({ method: 'POST', path: 'auth/register', headers: { 'content-type': 'application/json' }, body });
    if (reply.kind === 'answered' && reply.status === 201) {
      const { data } = JSON.parse(reply.text) as { data: { access_token: string } };
      const organization = await organizationOf(arena, email);
      arena.unverified.push(organization.id);
      return { ...organization, token: data.access_token, name };
    }
    if (attempt === 20) throw new Error(`Nobody can register: ${reply.kind === 'answered' ? reply.text : reply.why}`);
    await wait(250);
  }
}

async function organizationOf(arena: Arena, email: string): Promise<{ id: string; slug: string }> {
  const [organization] = await arena.sql<{ id: string; slug: string }>(
    `select o.id, o.slug from organization o join membership m on m.organization_id = o.id join "user" u on u.id = m.user_id where u.email = $1`,
    [email],
  );
  if (!organization) throw new Error('A registration was acknowledged, and there is no organization');
  return organization;
}
