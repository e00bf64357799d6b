import {
  actingAs,
  type Actor,
  Bus,
  type Command,
  drain as drainAll,
  EntityManager,
  JobsModule,
  now,
  Outbox,
  Promises,
  type Query,
  type Role,
  system,
  uuidv7,
} from '#kernel';
import { Founding, Membership, Organization, Sessions, User } from '#identity';
import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { ApiModule } from '../apps/api/api.module.ts';
import { dress, fastifyAdapter } from '../apps/api/create-app.ts';

let started: Promise<NestFastifyApplication> | undefined;
const guests: Type[] = [];

/** Adds contexts that only this test file has, before the application is first used. */
export const alsoServe = (...modules: Type[]) => void guests.push(...modules);

/** The real application, without a socket; one for each test file. */
export const app = (): Promise<NestFastifyApplication> => (started ??= start());
async function start() {
  const module = await Test.createTestingModule({ imports: [ApiModule, JobsModule, ...guests] }).compile();
  const made = await dress(
    module.createNestApplication<NestFastifyApplication>(fastifyAdapter(), { bodyParser: false, logger: ['error', 'warn'] }),
  );
  await made.init();
  await made.getHttpAdapter().getInstance().ready();
  return made;
}
afterAll(async () => {
  await (await started)?.close();
  started = undefined;
});

/**
 * Does what a worker would do now: tells what happened, keeps what is due, and what follows from that. Answers how many pieces of work
 * there were; throws when one failed. Of one organization, unless none is named.
 */
export async function drain(organization?: { id: string }): Promise<number> {
  const instance = await app();
  return drainAll([instance.get(Outbox), instance.get(Promises)], organization?.id);
}

export interface Answer {
  status: number;
  headers: Record<string, string | undefined>;
  text: string;
  /** As it was sent, for files. */
  bytes: Buffer;
  // A test asserts what it expects of the body; there is no type to hold it against.
  body: Json;
  data: Json;
  error: Json;
}
export type Json = any;
type Headers = Record<string, string>;

/** Sends a request as anybody. */
export async function send(method: string, url: string, body?: unknown, headers: Headers = {}): Promise<Answer> {
  const instance = await app();
  const path = url.startsWith('/') ? url : `/api/v1/${url}`;
  const reply = await instance.inject({
    method: method as 'GET',
    url: path,
    headers,
    ...(body === undefined ? {} : { payload: body as object }),
  });
  const json = /json/.test(String(reply.headers['content-type'])) ? (reply.json() as Json) : {};
  const { statusCode: status, rawPayload: bytes, body: text } = reply;
  return { status, headers: reply.headers as Headers, text, bytes, body: json, data: json.data, error: json.error };
}

/** Who sends requests, with the same headers each time. */
export class Client {
  constructor(private readonly usual: Headers) {}
  private headers(more: Headers): Headers {
    return { ...this.usual, ...more };
  }
  get = (url: string, headers: Headers = {}) => send('GET', url, undefined, this.headers(headers));
  post = (url: string, body: unknown = {}, headers: Headers = {}) => send('POST', url, body, this.headers(headers));
  patch = (url: string, body: unknown = {}, headers: Headers = {}) => send('PATCH', url, body, this.headers(headers));
  put = (url: string, body: unknown = {}, headers: Headers = {}) => send('PUT', url, body, this.headers(headers));
  delete = (url: string, body?: unknown, headers: Headers = {}) => send('DELETE', url, body, this.headers(headers));
}

/** Somebody in the world: acts through HTTP, or through the bus. */
export class Persona extends Client {
  constructor(
    readonly userId: string,
    readonly email: string,
    readonly organizationId: string,
    readonly token: string,
    private readonly actor: Actor,
  ) {
    super({ authorization: `Bearer ${token}`, 'x-organization-id': organizationId });
  }
  /** The same person with the same session, in another organization of his. */
  at = (organizationId: string) => new Persona(this.userId, this.email, organizationId, this.token, this.actor);
  async run<R>(message: Command<R> | Query<R>): Promise<R> {
    const bus = (await app()).get(Bus);
    return actingAs(this.actor, () => bus.run(message));
  }
}

export interface World {
  organization: Organization;
  owner: Persona;
  admin: Persona;
  manager: Persona;
  member: Persona;
  /** A second member: the first one's colleague. */
  colleague: Persona;
  /** The owner of another organization. */
  stranger: Persona;
  /** What a worker would do for this organization now. */
  drain(): Promise<number>;
  /** One more user with this role. */
  join(role: Role, permissionSets?: string[]): Promise<Persona>;
}

/** A new organization with somebody in every role, and a stranger: each test has its own, so tenancy is the isolation of the tests. */
export async function world(
  given: Partial<Pick<Organization, 'currency' | 'timeZone'>> & { settings?: Partial<Organization['settings']> } = {},
): Promise<World> {
  const [organization, elsewhere] = await Promise.all([found(given), found({})]);
  const [stranger, owner, admin, manager, member, colleague] = await Promise.all([
    persona(elsewhere, 'owner'),
    ...(['owner', 'admin', 'manager', 'member', 'member'] as const).map((role) => persona(organization, role)),
  ] as const);
  return {
    organization,
    owner,
    admin,
    manager,
    member,
    colleague,
    stranger,
    drain: () => drain(organization),
    join: (role, sets = []) => persona(organization, role, sets),
  };
}

const founders = new WeakMap<Organization, { user: User }>();

async function found({ settings = {}, ...given }: Parameters<typeof world>[0] & object): Promise<Organization> {
  const instance = await app();
  const [bus, em, founding] = [instance.get(Bus), instance.get(EntityManager), instance.get(Founding, { strict: false })];
  const id = uuidv7();
  const facts = { id, currency: 'EUR', timeZone: 'UTC', locale: 'en', settings: {} };
  const [organization, user] = await bus.asSystem(facts, async () => {
    const created = em.create(User, { email: `owner-${id}@test.example`, name: 'Olive Owner', emailVerifiedAt: now() });
    await em.flush();
    const made = await founding.found(id, created.id, { name: `Test ${id}`, ...given });
    made.settings = { ...made.settings, ...settings };
    return [made, created] as const;
  });
  founders.set(organization, { user });
  return organization;
}

async function persona(organization: Organization, role: Role, permissionSets: string[] = []): Promise<Persona> {
  const instance = await app();
  const [bus, em, sessions] = [instance.get(Bus), instance.get(EntityManager), instance.get(Sessions, { strict: false })];
  const founder = role === 'owner' ? founders.get(organization)?.user : undefined;
  return actingAs(system(organization.facts()), () =>
    bus.asSystem(organization.facts(), async () => {
      const user =
        founder ??
        em.create(User, {
          email: `${role}-${uuidv7()}@test.example`,
          name: `${role} of ${organization.name}`.slice(0, 200),
          emailVerifiedAt: now(),
        });
      await em.flush();
      if (founder) founders.delete(organization);
      else em.create(Membership, { organizationId: organization.id, userId: user.id, role, permissionSets });
      await em.flush();
      const { access_token } = await sessions.open(user.id);
      const actor: Actor = { kind: 'user', userId: user.id, role, permissionSets, organization: organization.facts() };
      return new Persona(user.id, user.email, organization.id, access_token, actor);
    }),
  );
}
