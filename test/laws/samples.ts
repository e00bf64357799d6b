import { actingAs, Bus, entities, openApi, Organizations, type Route, system, type Table, tables } from '#kernel';
import '../../libs/contexts.ts';
import { randomBytes } from 'node:crypto';
import { RunDunningStep } from '../../libs/billing/dunning/run-dunning-step.ts';
import { RunImport } from '../../libs/crm/imports/run-import.ts';
import { operationId, permissionOf } from '../../libs/kernel/http/openapi.ts';
import { rowsOf } from '../database.ts';
import { type Answer, app, type Client, type Json, type Persona } from '../world.ts';

/** One operation of the OpenAPI document, with the line of the route table it comes from. */
export interface Operation {
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below the base path, ids as `{name}`. */
  readonly path: string;
  readonly ids: readonly string[];
  readonly permission: string;
  readonly table: Table;
  readonly name: string;
  readonly route: Route;
  readonly doc: Json;
}
const BASE = '/api/v1/';

/** The document as it is served. */
export const document = (): Json => openApi('1.0.0');

/** Every operation there is. What is served and what is described come from the same tables, so a new route is here without being told. */
export function operations(of: readonly Table[] = tables): Operation[] {
  const { paths } = document();
  return of.flatMap((table) =>
    Object.entries(table.routes).map(([name, route]): Operation => {
      const path = `${table.path}${route.path ? `/${route.path}` : ''}`.replace(/:(\w+)/g, '{$1}');
      const doc = paths[BASE + path]?.[route.method];
      if (!doc || doc.operationId !== operationId(table, name)) throw new Error(`${route.method} ${path} is not in the document`);
      const ids = [...path.matchAll(/\{(\w+)\}/g)].map(([, id]) => id!);
      const method = route.method.toUpperCase() as Operation['method'];
      return { id: doc.operationId, method, path, ids, permission: permissionOf(route.takes ?? route.needs), table, name, route, doc };
    }),
  );
}

/** A PNG of one pixel. */
const DOT = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

/** A word that marks everything one organization owns. `seek` may be searched for; `proof` is never sent by others, so it gives a leak away. */
export interface Mark {
  readonly seek: string;
  readonly proof: string;
}
export const aMark = (): Mark => ({ seek: `zebra${randomBytes(4).toString('hex')}`, proof: `quagga${randomBytes(4).toString('hex')}` });

/** The table that a wire name such as contact_id or stageId leads to, by the entities that have such a reference. */
const targets = new Map<string, string>();
function targetOf(name: string): string | undefined {
  if (!targets.size)
    for (const { fields } of entities)
      for (const [key, field] of Object.entries(fields as Record<string, { column?: { to?: string | (() => { table: string }) } }>)) {
        const to = field.column?.to;
        if (to) targets.set(snake(key), typeof to === 'string' ? to : to().table);
      }
  const wire = snake(name);
  const direct = targets.get(wire) ?? targets.get(wire.replace(/s$/, ''));
  if (direct) return direct;
  const noun = /^(?:\w+_)?(\w+?)_ids?$/.exec(wire)?.[1];
  return noun === 'user' || noun === 'owner' || noun === 'member' ? 'membership' : entities.find(({ table }) => table === noun)?.table;
}
const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Whether a property of a body leads to a record, and of which table. */
export const referenceIn = (name: string): string | undefined =>
  /ids?$/i.test(name) || targets.has(snake(name)) ? targetOf(name) : undefined;

let count = 0;
/** A new number each time: for what must be unique. */
export const fresh = () => (count++).toString(36);
/** Another day in the past each time. */
const aDay = () => new Date(Date.UTC(2020, 0, 1) - count++ * 86_400_000).toISOString().slice(0, 10);

export type Body = Record<string, Json>;
const schemasOf = (() => {
  let known: Json;
  return () => (known ??= document().components.schemas);
})();
/** The schema behind a reference, the not-null branch of a nullable one, the first of alternatives. */
export function plain(schema: Json): Json {
  if (schema.$ref) return plain(schemasOf()[schema.$ref.split('/').at(-1)]);
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches) {
    const { anyOf: _, oneOf: __, ...rest } = schema;
    return { ...plain(branches.find((one: Json) => one.type !== 'null')), ...rest };
  }
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map(plain));
  return schema;
}
/** The schema of a JSON body, or of the fields that come with a file. */
export function bodySchema(operation: Operation): Json | undefined {
  const { content = {} } = operation.doc.requestBody ?? {};
  const schema = content['application/json']?.schema ?? content['multipart/form-data']?.schema;
  if (!schema) return undefined;
  const { file: _, ...properties } = plain(schema).properties ?? {};
  return { ...plain(schema), properties, required: (plain(schema).required ?? []).filter((name: string) => name !== 'file') };
}
export const exampleOf = (operation: Operation): Body | undefined => operation.doc.requestBody?.content?.['application/json']?.example;

/** Files that are not of people. */
const FILES: Record<string, () => string> = { exchangeRatesImport: () => `from,to,date,rate\nUSD,EUR,${aDay()},0.9215\n` };

/** How a body was made that was accepted. */
interface Recipe {
  readonly make: () => Promise<Body | undefined>;
  /** Which of the candidates it was. */
  readonly nth: number;
  readonly dropped: readonly string[];
}

/** Takes what a JSON pointer leads to out of a body; false when there is nothing. */
function without(body: Json, pointer: string): boolean {
  const keys = pointer.split('/').slice(1);
  const last = keys.pop();
  let at = body;
  for (const key of keys) at = at?.[key];
  if (last === undefined || typeof at !== 'object' || at === null || !(last in at)) return false;
  if (Array.isArray(at)) at.splice(Number(last), 1);
  else delete at[last];
  return true;
}

/** Somebody with an organization of his own, all of whose texts carry a mark, and who knows his way around the API. */
export class Inhabitant {
  readonly mark = aMark();
  private readonly recipes = new Map<string, Recipe>();
  /** `like`: what that one has learnt to be accepted. */
  constructor(
    readonly persona: Persona,
    readonly all: readonly Operation[] = operations(),
    private readonly like?: Inhabitant,
  ) {}
  private recipeOf(operation: Operation): Recipe | undefined {
    const known = this.recipes.get(operation.id);
    const learnt = known ? undefined : this.like?.recipeOf(operation);
    return known ?? (learnt && { make: this.candidates(operation)[learnt.nth]!, nth: learnt.nth, dropped: learnt.dropped });
  }

  get organizationId() {
    return this.persona.organizationId;
  }

  /** `by`: somebody else, or with another credential. */
  send(operation: Operation, path: string, body?: unknown, headers: Record<string, string> = {}, by: Client = this.persona) {
    const { method, route } = operation;
    if (route.upload) return this.upload(by, operation, path, body as Body, headers);
    if (method === 'GET') return by.get(path, headers);
    if (method === 'POST') return by.post(path, body ?? {}, headers);
    if (method === 'PATCH') return by.patch(path, body ?? {}, headers);
    return method === 'PUT' ? by.put(path, body ?? {}, headers) : by.delete(path, body, headers);
  }

  /** A file: an image, or a table of one line unless it is given; its fields in the query. */
  private upload(
    by: Client,
    { id, route }: Operation,
    path: string,
    fields: Body = {},
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const texts = Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]);
    const image = route.upload!.types.find((type) => type === 'image/png');
    const lines = FILES[id]?.() ?? `name,email\n${this.marked('name')},${this.text('email', {}, undefined)}\n`;
    const to = `${path}?${new URLSearchParams(Object.fromEntries(texts))}`;
    return by.post(to, image ? DOT : lines, { ...headers, 'content-type': image ?? 'text/csv' });
  }

  /** The id of some living row of a table: the newest that he made, else the newest. */
  async idIn(table: string): Promise<string | undefined> {
    if (table === 'membership') return this.persona.userId;
    if (table === 'organization') return this.organizationId;
    const of = entities.find((one) => one.table === table);
    if (!of || of.scope === 'platform') return undefined;
    const [row] = await rowsOf<{ id: string }>(
      this.organizationId,
      `select id from "${table}" where tenant_id = $1 and deleted_at is null
       order by created_by is not distinct from $2 desc, created_at desc, id desc limit 1`,
      [this.organizationId, this.persona.userId],
    );
    return row?.id;
  }

  /** The operation's path with ids of this organization: what its collection lists, or what is made for it. */
  async pathOf(operation: Operation, newest = false): Promise<string | undefined> {
    let path = '';
    let template = '';
    for (const part of operation.path.split('/')) {
      const name = /^\{(\w+)\}$/.exec(part)?.[1];
      const id = name ? await this.idAt(template, path, name, newest) : part;
      if (!id) return undefined;
      path += (path ? '/' : '') + id;
      template += (template ? '/' : '') + part;
    }
    return path;
  }

  private async idAt(template: string, path: string, name: string, newest: boolean): Promise<string | undefined> {
    if (template === 'organizations') return this.organizationId;
    const maker = this.all.find((one) => one.method === 'POST' && one.path === template && creates(one));
    if (newest && maker) {
      const made = await this.make(maker, path);
      const id = made && (made[snake(name)] ?? made.id ?? made.member?.id ?? made.invitation?.id);
      if (id) return id;
    }
    const lists = this.all.find((one) => one.method === 'GET' && one.path === template);
    const { data } = lists ? await this.persona.get(path) : { data: [] };
    const rows: Json[] = Array.isArray(data) ? data : [];
    const row = rows.find(({ created_by }) => created_by === this.persona.userId) ?? rows[0];
    if (row) return row[snake(name)] ?? row.id ?? row.user_id;
    const made = maker && !newest ? await this.make(maker, path) : undefined;
    if (made?.id) return made.id;
    const table = targetOf(`${template.split('/').at(-1)!.replace(/ies$/, 'y').replace(/s$/, '')}_id`);
    return table && this.idIn(table);
  }

  /** The id of a new record of the operation's resource. */
  private async freshId(operation: Operation): Promise<string | undefined> {
    const create = this.all.find((one) => one.method === 'POST' && one.path === operation.table.path);
    return create && (await this.make(create, create.path))?.id;
  }

  /** Sends a creation with a valid body and answers its data; undefined when none was found to be valid. */
  async make(operation: Operation, path: string): Promise<Json> {
    const { status, data } = await this.tried(operation, path);
    return status < 300 ? data : undefined;
  }

  /**
   * Sends the operation with the fullest body that is accepted: every property, then without those that were pointed at, then the example,
   * then what is required. What worked is remembered.
   */
  async tried(operation: Operation, path: string, headers: Record<string, string> = {}): Promise<Answer> {
    const known = this.recipeOf(operation);
    if (known) {
      const answer = await this.send(operation, path, await this.valid(operation), headers);
      if (answer.status < 300) return answer;
    }
    let first: Answer | undefined;
    for (const [nth, make] of this.candidates(operation).entries()) {
      const body = await make();
      const dropped: string[] = [];
      for (;;) {
        const answer = await this.send(operation, path, body, headers);
        first ??= answer;
        if (answer.status < 300) {
          this.recipes.set(operation.id, { make, nth, dropped });
          return answer;
        }
        const pointers = ((answer.error?.details ?? []) as { pointer?: string }[]).flatMap(({ pointer }) => pointer || []);
        const gone = [400, 404, 409, 422].includes(answer.status) ? pointers.filter((pointer) => without(body, pointer)) : [];
        if (!gone.length) break;
        dropped.push(...gone);
      }
    }
    return first!;
  }

  /** A new body like the one that was accepted before; the fullest one where none was. */
  async valid(operation: Operation): Promise<Body | undefined> {
    const { make, dropped } = this.recipeOf(operation) ?? { make: this.candidates(operation)[0]!, dropped: [] };
    const body = await make();
    for (const pointer of dropped) without(body, pointer);
    return body;
  }

  private candidates(operation: Operation): (() => Promise<Body | undefined>)[] {
    const schema = bodySchema(operation);
    if (!schema) return [async () => undefined];
    if (operation.name === 'deleteBatch') return [async () => ({ ids: [await this.freshId(operation)] })];
    if (operation.name === 'updateBatch') {
      const update = this.all.find((one) => one.method === 'PATCH' && one.path === `${operation.table.path}/{id}`)!;
      return [async () => ({ items: [{ ...(await this.valid(update)), id: await this.freshId(operation) }] })];
    }
    const names = Object.keys(schema.properties ?? {});
    const example = exampleOf(operation);
    const references = names.filter(referenceIn);
    // Of several references there may be one too many.
    const alone = references.length > 1 ? references : [];
    const plainly: (() => Promise<Body | undefined>)[] = [
      () => this.body(operation, names),
      ...(example
        ? [() => this.adapted(example), async () => ({ ...(await this.body(operation, references)), ...(await this.adapted(example)) })]
        : []),
      () => this.body(operation, schema.required ?? []),
      ...alone.flatMap((one) => [
        ...(example ? [async () => ({ ...(await this.adapted(example)), ...(await this.body(operation, [one])) })] : []),
        () =>
          this.body(
            operation,
            names.filter((name) => name === one || !references.includes(name)),
          ),
      ]),
      async () => ({}),
    ];
    if (!creates(operation) || operation.ids.length || operation.route.upload || operation.name === 'createBatch') return plainly;
    return [...plainly, ...plainly.map((make) => async () => this.anew((await make()) ?? {}))];
  }

  /** The same body on another day and about other records: for what there may be only one of. */
  private async anew(body: Body): Promise<Body> {
    if (this.renewing) return body;
    this.renewing = true;
    try {
      const made: Body = {};
      for (const [name, value] of Object.entries(body)) {
        const table = typeof value === 'string' ? referenceIn(name) : undefined;
        const create = this.all.find((one) => one.table.of === table && creates(one) && !one.ids.length && one.name === 'create');
        if (create) made[name] = (await this.make(create, create.path))?.id ?? value;
        else made[name] = /^\d{4}-\d\d-\d\d$/.test(String(value)) ? aDay() : value;
      }
      return made;
    } finally {
      this.renewing = false;
    }
  }
  /** One record deep: what is made for it is made as usual. */
  private renewing = false;

  /** A valid value for each of these properties, marked where it is free text; the example's where there is one and it cannot carry a mark. */
  async body(operation: Operation, names: readonly string[]): Promise<Body> {
    const schema = bodySchema(operation)!;
    const example = exampleOf(operation) ?? {};
    const made: Body = {};
    for (const name of names) {
      const value = await this.value(name, plain(schema.properties?.[name] ?? {}), example[name], operation);
      if (value !== undefined) made[name] = value;
    }
    return made;
  }

  /** The example with the ids of this organization, and with texts of its own where they have to be unique. */
  async adapted(example: Json, name = ''): Promise<Json> {
    if (Array.isArray(example)) return Promise.all(example.map((one) => this.adapted(one, name)));
    if (typeof example === 'object' && example !== null) {
      const entries = Object.entries(example).map(async ([key, value]) => [key, await this.adapted(value, key)]);
      return Object.fromEntries(await Promise.all(entries));
    }
    if (typeof example !== 'string') return example;
    const table = referenceIn(name);
    if (table && /^[0-9a-f-]{36}$/i.test(example)) return (await this.idIn(table)) ?? example;
    if (/^[^@\s]+@[^@\s]+$/.test(example)) return `${fresh()}${randomBytes(3).toString('hex')}.${example}`;
    return example;
  }

  private async value(name: string, schema: Json, example: Json, operation: Operation): Promise<Json> {
    const table = referenceIn(name);
    if (table && schema.type === 'array') return [await this.idIn(table)].filter(Boolean);
    if (table) return (await this.idIn(table)) ?? undefined;
    if (schema.const !== undefined) return schema.const;
    if (schema.enum) return example ?? schema.default ?? schema.enum[0];
    const type = [schema.type].flat()[0];
    if (type === 'string') return this.text(name, schema, example);
    if (example !== undefined) return example;
    if (schema.example !== undefined) return schema.example;
    if (type === 'boolean') return false;
    if (type === 'integer' || type === 'number') return Math.max(schema.minimum ?? 1, 1);
    if (type === 'array') return this.several(name, schema, operation);
    if (type !== 'object') return undefined;
    if (!schema.properties) return { note: this.marked(name) };
    const inner = Object.entries(schema.properties as Json).map(async ([key, one]) => [
      key,
      await this.value(key, plain(one), undefined, operation),
    ]);
    return Object.fromEntries((await Promise.all(inner)).filter(([, value]) => value !== undefined));
  }

  private async several(name: string, schema: Json, operation: Operation): Promise<Json> {
    const create = operation.name === 'createBatch' && this.all.find((one) => one.method === 'POST' && one.path === operation.table.path);
    if (create && name === 'items') return [await this.valid(create)];
    const item = await this.value(name.replace(/s$/, ''), plain(schema.items ?? {}), undefined, operation);
    return item === undefined ? [] : [item];
  }

  private text(name: string, schema: Json, example: Json): Json {
    const { format, pattern, maxLength = 1000 } = schema;
    if (format === 'email' || name.endsWith('email')) return `${this.mark.seek}.${this.mark.proof}.${fresh()}@example.com`;
    if (format === 'uri') return `https://${this.mark.seek}.${this.mark.proof}.example.com/`;
    if (example !== undefined && (format || pattern || maxLength < 30)) return example;
    if (schema.example !== undefined && [schema.type].flat().includes('number')) return schema.example;
    // What ends, ends after what begins; everything else lies between.
    const day = /from|start|begin|since|issue|due_date/.test(name)
      ? '2026-01-01'
      : /to$|until|end|expire/.test(name)
        ? '2028-01-01'
        : '2027-03-01';
    if (format === 'date') return day;
    if (format === 'date-time') return `${day}T09:00:00.000Z`;
    if (format === 'uuid') return undefined;
    if (schema.example !== undefined && (pattern || maxLength < 30)) return schema.example;
    if (/currency/.test(name)) return 'EUR';
    if (/phone/.test(name)) return '+44 20 7946 0018';
    if (/zone/.test(name)) return 'Europe/London';
    if (/locale/.test(name)) return 'en';
    if (/password/.test(name)) return 'correct horse battery';
    if (pattern || maxLength < 12) return undefined;
    return this.marked(name).slice(0, maxLength);
  }

  private marked(name: string) {
    return `${this.mark.proof} ${this.mark.seek} ${fresh()} ${name}`;
  }

  /**
   * Sends a verb to a new record, which may have to be brought into another state first: by itself, or after one of the other verbs of its
   * resource. Answers what it said at first when none of them helped.
   */
  async reached(operation: Operation, send = (path: string) => this.tried(operation, path)): Promise<Answer | undefined> {
    const path = (await this.pathOf(operation, true)) ?? (await this.pathOf(operation));
    if (!path) return undefined;
    const first = await send(path);
    if (first.status < 300 || ![404, 409, 422].includes(first.status)) return first;
    const record = `${operation.table.path}/{id}`;
    const others = this.all.filter(
      (one) => one !== operation && one.ids.length === 1 && one.path.startsWith(record) && ['POST', 'DELETE'].includes(one.method),
    );
    for (const other of others) {
      const again = await this.pathOf(operation, true);
      const id = again?.split('/')[operation.path.split('/').indexOf('{id}')];
      if (!again || !id) break;
      if ((await this.tried(other, other.path.replace('{id}', id))).status >= 300) continue;
      const answer = await send(again);
      if (answer.status < 300) return answer;
    }
    return first;
  }

  /** Sends the example of an operation: as it is, or with the references that an example cannot know. */
  async exemplified(operation: Operation): Promise<Answer | undefined> {
    const example = exampleOf(operation)!;
    const references = Object.keys(bodySchema(operation)?.properties ?? {}).filter((name) => referenceIn(name) && !(name in example));
    return this.reached(operation, async (path) => {
      let first: Answer | undefined;
      for (const more of [[], ...references.map((one) => [one]), references]) {
        const answer = await this.send(operation, path, { ...(await this.adapted(example)), ...(await this.body(operation, more)) });
        first ??= answer;
        if (answer.status < 300) return answer;
      }
      return first!;
    });
  }

  /** Rows of everything that can be created, also by verbs, under each record that others can be created under. Answers what could not be made, and why. */
  async furnish(): Promise<Record<string, string>> {
    const failures: Record<string, string> = {};
    const [own, verbs] = [this.all.filter((one) => creates(one) && !one.ids.length), this.all.filter(isVerb)];
    for (let pass = 0; pass < 3; pass++)
      for (const operation of own) {
        const answer = await this.tried(operation, operation.path);
        if (answer.status < 300) delete failures[operation.id];
        else if (!this.recipes.has(operation.id)) failures[operation.id] = answer.text;
      }
    for (const operation of verbs) await this.reached(operation);
    for (const operation of this.all.filter(
      ({ method, ids, path }) => method === 'PATCH' && ids.length && !path.startsWith('admin') && !AT_HOME.test(path),
    )) {
      const path = await this.pathOf(operation, true);
      if (path) await this.tried(operation, path);
    }
    return failures;
  }

  /** What a worker makes of it, without all the rest that one has to do: an import with a row taken and a row refused, a late payer reminded. */
  async worked(): Promise<void> {
    const instance = await app();
    const [bus, facts] = [instance.get(Bus), await instance.get(Organizations).named(this.organizationId)];
    const made = async (path: string, body: unknown = {}, headers = {}) => (await this.persona.post(path, body, headers)).data;
    const file = `name,owner\n${this.marked('taken')},\n${this.marked('refused')},${this.marked('nobody')}\n`;
    const order = await made('imports?resource=contact', file, { 'content-type': 'text/csv' });
    await made('dunning-policies', { name: this.marked('policy'), steps: [{ days: 1 }], is_default: true });
    const payer = await made('contacts', { name: this.marked('payer') });
    // That of all samples: no invoice is dated before the last one.
    const day = this.text('issue_date', { format: 'date' }, undefined);
    const line = { description: this.marked('owed'), unit_price: '1', tax_percent: '0' };
    const owed = await made('invoices', { contact_id: payer.id, currency: 'EUR', issue_date: day, due_date: day, lines: [line] });
    await made(`invoices/${owed.id}/issue`);
    await actingAs(system(facts), async () => {
      await bus.run(new RunImport(order.id));
      await bus.run(new RunDunningStep(owed.id));
    });
  }
}
/** The organization itself, and its members: whoever plays with these changes what others may. */
const AT_HOME = /^organizations\/\{id\}|\/members\/\{id\}/;
/** What is done to, or under, one record. */
const isVerb = ({ method, ids, path }: Operation) =>
  method === 'POST' && ids.length > 0 && !/^(auth|admin|organizations\/\{id\})\b/.test(path);

/** Creations inside an organization: not logins, and not what only the operator may. */
export const creates = ({ method, doc, path, route }: Operation) =>
  method === 'POST' &&
  Boolean(doc.responses['201'] ?? (doc.responses['202'] && route.upload)) &&
  !/^(auth|admin)\b|^organizations$/.test(path);
