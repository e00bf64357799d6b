// What a user would pick instead: a plain service of Nest and MikroORM on the same rows and under the same row security, written as the
// manuals show it: a guard that verifies the token, an interceptor for the envelope, validated bodies, entities found and written in a
// transaction. It writes the audit and outbox rows too, so that the same is done; it has no permissions, no links, no cursor.
// Node runs this file as it is, without a compiler, so decorators are called instead of written.
import 'reflect-metadata';
import { defineEntity, MikroORM, p, type FilterDef } from '@mikro-orm/core';
import { defineConfig, PostgreSqlDriver } from '@mikro-orm/postgresql';
import {
  Body,
  type CallHandler,
  Controller,
  type ExecutionContext,
  Get,
  Inject,
  Module,
  NotFoundException,
  Param,
  Post,
  Query,
  Req,
  StandardSchemaValidationPipe,
  UnauthorizedException,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { jwtVerify } from 'jose';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { map } from 'rxjs';
import { z } from 'zod';

const { DATABASE_URL, PORT, SECRET_KEY = '' } = process.env;
const key = new TextEncoder().encode(SECRET_KEY);

const tenant = {
  name: 'tenant',
  cond: ({ id }: { id: string }) => ({ tenantId: id }),
  rls: { setting: 'app.tenant' },
  default: true,
} as FilterDef;
const Contact = defineEntity({
  name: 'contact',
  tableName: 'contact',
  rowLevelSecurity: 'force',
  filters: { tenant },
  properties: {
    id: p.uuid().primary(),
    tenantId: p.uuid(),
    ownerId: p.uuid().nullable(),
    createdBy: p.uuid().nullable(),
    createdAt: p.datetime().columnType('timestamptz(3)'),
    updatedAt: p.datetime().columnType('timestamptz(3)'),
    deletedAt: p.datetime().columnType('timestamptz(3)').nullable(),
    version: p.integer().version(),
    name: p.string(),
    firstName: p.string().nullable(),
    lastName: p.string().nullable(),
    companyName: p.string().nullable(),
    companyId: p.uuid().nullable(),
    email: p.string().nullable(),
    emails: p.json<object[]>(),
    phone: p.string().nullable(),
    phoneTyped: p.string().nullable(),
    phones: p.json<object[]>(),
    kinds: p.array(),
    jobTitle: p.string().nullable(),
    address: p.json<object>().nullable(),
    birthday: p.date().nullable(),
    tags: p.array(),
    source: p.string().nullable(),
    notes: p.text().nullable(),
    consent: p.json<object>(),
    custom: p.json<object>(),
  },
});
const Audit = defineEntity({
  name: 'audit_entry',
  tableName: 'audit_entry',
  rowLevelSecurity: 'force',
  filters: { tenant },
  properties: {
    id: p.uuid().primary(),
    tenantId: p.uuid(),
    actorKind: p.string(),
    userId: p.uuid().nullable(),
    requestId: p.string(),
    action: p.string(),
    subject: p.string(),
    subjectId: p.uuid(),
    content: p.json<object>(),
    salt: p.string(),
    contentHash: p.string(),
  },
});
const Outbox = defineEntity({
  name: 'outbox',
  tableName: 'outbox',
  properties: {
    id: p.bigint().primary().autoincrement(),
    organizationId: p.uuid(),
    name: p.string(),
    subject: p.string(),
    subjectId: p.uuid(),
    payload: p.json<object>(),
    requestId: p.string(),
    onBehalfOf: p.uuid().nullable(),
  },
});

interface Me {
  sub: string;
  org: string;
}
type Asking = { headers: Record<string, string>; me: Me; id: string };

class TokenGuard {
  async canActivate(context: ExecutionContext) {
    const request = context.switchToHttp().getRequest<Asking>();
    try {
      const { payload } = await jwtVerify<Me>(request.headers.authorization!.slice(7), key);
      request.me = payload;
      return true;
    } catch {
      throw new UnauthorizedException();
    }
  }
}
class EnvelopeInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    const { id } = context.switchToHttp().getRequest<Asking>();
    return next.handle().pipe(
      map(({ data, meta }: { data: unknown; meta?: object }) => ({
        success: true,
        data,
        meta: { request_id: id, ...meta },
        error: null,
      })),
    );
  }
}

const NewContact = z.strictObject({ name: z.string().trim().min(1).max(255), email: z.email().max(320) });
const PAGE = 20;

class ContactsController {
  readonly orm: MikroORM<PostgreSqlDriver>;
  constructor(orm: MikroORM<PostgreSqlDriver>) {
    this.orm = orm;
  }

  private em({ org }: Me) {
    const em = this.orm.em.fork();
    em.setFilterParams('tenant', { id: org });
    return em;
  }

  async one(id: string, { me }: Asking) {
    const data = await this.em(me).transactional((em) => em.findOne(Contact, { id, tenantId: me.org, deletedAt: null }));
    if (!data) throw new NotFoundException();
    return { data };
  }

  async list(query: { owner_id?: string; cursor?: string }, { me }: Asking) {
    const page = Number(query.cursor) || 0;
    const data = await this.em(me).transactional((em) =>
      em.find(
        Contact,
        { tenantId: me.org, deletedAt: null, ownerId: query.owner_id },
        { orderBy: { createdAt: 'desc', id: 'desc' }, limit: PAGE, offset: page * PAGE },
      ),
    );
    return { data, meta: { next_cursor: data.length === PAGE ? String(page + 1) : null } };
  }

  async create(body: z.output<typeof NewContact>, { me, id: requestId }: Asking) {
    const now = new Date();
    const [firstName, ...rest] = body.name.split(' ');
    const id = randomUUID();
    const emails = [{ label: 'work', email: body.email, primary: true }];
    const who = { tenantId: me.org, ownerId: me.sub, createdBy: me.sub, createdAt: now, updatedAt: now };
    const empty = { phones: [], kinds: [], tags: [], consent: {}, custom: {} };
    const data = await this.em(me).transactional(async (em) => {
      const made = em.create(Contact, { id, ...who, ...body, firstName, lastName: rest.join(' ') || null, emails, ...empty });
      await em.findOne(Contact, { tenantId: me.org, email: body.email, id: { $ne: id } });
      const salt = randomBytes(12).toString('base64url');
      const content = { before: null, after: body };
      const contentHash = createHash('sha256').update(salt).update(JSON.stringify(content)).digest('base64url');
      const about = { subject: 'contact', subjectId: id, requestId };
      em.create(Audit, {
        id: randomUUID(),
        tenantId: me.org,
        actorKind: 'user',
        userId: me.sub,
        action: 'create',
        ...about,
        content,
        salt,
        contentHash,
      });
      em.create(Outbox, { organizationId: me.org, name: 'contact.created', payload: { id }, onBehalfOf: me.sub, ...about });
      return made;
    });
    return { data };
  }
}

const { prototype } = ContactsController;
const method = (name: 'one' | 'list' | 'create', route: MethodDecorator) =>
  route(prototype, name, Object.getOwnPropertyDescriptor(prototype, name)!);
method('one', Get(':id'));
Param('id')(prototype, 'one', 0);
Req()(prototype, 'one', 1);
method('list', Get());
Query()(prototype, 'list', 0);
Req()(prototype, 'list', 1);
method('create', Post());
Body({ schema: NewContact, pipes: [new StandardSchemaValidationPipe()] })(prototype, 'create', 0);
Req()(prototype, 'create', 1);
Inject(MikroORM)(ContactsController, undefined, 0);
Controller('api/v1/contacts')(ContactsController);

class PlainModule {}
const orm = () =>
  MikroORM.init(
    defineConfig({
      clientUrl: DATABASE_URL!,
      entities: [Contact, Audit, Outbox],
      pool: { min: 0, max: 20 },
      implicitTransactions: true,
      ensureDatabase: false,
    }),
  );
Module({ controllers: [ContactsController], providers: [{ provide: MikroORM, useFactory: orm }] })(PlainModule);

const app = await NestFactory.create<NestFastifyApplication>(PlainModule, new FastifyAdapter({ genReqId: () => randomUUID() }), {
  logger: ['error'],
});
app.useGlobalGuards(new TokenGuard());
app.useGlobalInterceptors(new EnvelopeInterceptor());
await app.listen(Number(PORT), '127.0.0.1');
process.send?.('ready');
process.on('disconnect', () => process.exit());
