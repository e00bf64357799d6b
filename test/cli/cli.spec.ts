import { Sealer } from '#kernel';
import { tmpdir } from 'node:os';
import pg from 'pg';
import { asOwner, blocked, inside, rowsOf, tamper } from '../database.ts';
import { tessera, well } from '../terminal.ts';
import { app, drain, type Persona, send, world } from '../world.ts';

const NOBODY = '00000000-0000-0000-0000-000000000000';
const made = async (by: Persona, name: string): Promise<string> => (await by.post('contacts', { name })).data.id as string;

describe('tessera db', () => {
  it('says a connection string and nothing else', async () => {
    const [app, owner] = await Promise.all([well('db', 'url'), well('db', 'url', '--role', 'owner')]);
    expect(app).toBe(`${process.env.DATABASE_URL}\n`);
    expect(owner).toBe(`${process.env.DATABASE_OWNER_URL}\n`);
  });

  it('shows what is applied, and migrates once', async () => {
    const [status, schema, migrated] = await Promise.all([well('db', 'status', '--json'), well('db', 'schema'), well('db', 'migrate')]);
    const applied = (JSON.parse(status) as { applied: string | null }[]).map((row) => row.applied);
    expect(applied.length).toBeGreaterThan(0);
    expect(applied).not.toContain(null);
    expect(schema).toContain('create table "contact"');
    expect(migrated).toBe('Nothing to migrate\n');
  });
});

describe('tessera db migrate', () => {
  it('that waits for a table lets those by who came after it, and is done when the table is free; from wherever it is started', async () => {
    expect(await well('db', 'rollback')).toMatch(/^Took back /);
    const others = new pg.Client({ connectionString: process.env.DATABASE_OWNER_URL, options: `-c app.tenant=${NOBODY}` });
    await others.connect();
    let migrating!: ReturnType<typeof tessera>;
    await inside(NOBODY, async (client) => {
      // Of the tables that the last migration changes one.
      await client.query('lock table billing_run in access share mode');
      migrating = tessera(['db', 'migrate'], {}, tmpdir());
      await blocked(client, 1, migrating);
      // Whoever comes while it waits is held up for a moment, and not until the reader has gone, who goes after this.
      await others.query('select from billing_run limit 0');
    });
    await others.end();
    const { code, out, err } = await migrating;
    expect({ code, err, applied: out.includes('Applied ') }).toEqual({ code: 0, err: '', applied: true });
  });
});

describe('what goes wrong', () => {
  const superuser = Object.assign(new URL(process.env.TEST_SUPERUSER_URL!), { pathname: new URL(process.env.DATABASE_URL!).pathname }).href;
  const nowhere = 'postgresql://tessera_app:app@127.0.0.1:1/tessera';
  const cases: [string[], string, Record<string, string>?][] = [
    [['nonsense'], "error: unknown command 'nonsense'"],
    [['db', 'url', '--nonsense'], "error: unknown option '--nonsense'"],
    [
      ['verify'],
      'DATABASE_URL connects as postgres, whom row security does not bind: use a role like tessera_app (deploy/roles.sql).',
      { NODE_ENV: 'production', DATABASE_URL: superuser },
    ],
    [['db', 'url', '--role', 'nobody'], 'There is no role nobody: app or owner.'],
    [
      ['db', 'url'],
      'DATABASE_URL is missing; it must be a PostgreSQL address like postgresql://user:password@host:5432/database.',
      { DATABASE_URL: '' },
    ],
    [['organization', 'list'], 'The database does not answer (connect ECONNREFUSED 127.0.0.1:1).', { DATABASE_URL: nowhere }],
    [['verify', '--organization', 'nowhere'], 'Organization not found'],
    [['export', 'contacts'], 'Name the organization: --organization <its id or slug>.'],
    [['user', 'create', 'no address'], 'email: Invalid email address'],
    [['operator', 'disable', 'nobody@test.example'], 'Operator not found'],
  ];
  it.each(cases.map(([args, sentence, environment = {}]) => ({ args, sentence, environment })))(
    '$args: is said in a sentence, and the exit code is not 0',
    async ({ args, sentence, environment }) => {
      expect(await tessera(args, environment)).toEqual({ code: 1, out: '', err: `${sentence}\n` });
    },
  );
});

describe('tessera setup', () => {
  const counts = () =>
    asOwner<object>(`select (select count(*) from "user") as users, (select count(*) from organization) as organizations,
    (select count(*) from outbox) as messages`);

  it('makes a world to log in to, once', async () => {
    expect(await well('setup')).toContain('Demo: log in as owner@demo.tessera.dev with the password "tessera demo 2026"');
    const before = await counts();
    await well('setup');
    expect(await counts()).toEqual(before);

    const login = await send('POST', 'auth/login', { email: 'member@demo.tessera.dev', password: 'tessera demo 2026' });
    const headers = { authorization: `Bearer ${login.data.access_token}` };
    const deals = await send('GET', 'deals?page_size=100', undefined, headers);
    const statuses = (deals.data as { status: string }[]).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set(['new', 'in_progress', 'won', 'lost']));
    expect((await send('GET', 'tasks?overdue=true', undefined, headers)).data).toHaveLength(1);
    expect(await well('verify', '--organization', 'harley-street-dental')).toContain('everything holds');
  });
});

describe('tessera organization, user, operator', () => {
  it('makes them, shuts an organization out and lets it in', async () => {
    const id = Date.now().toString(36);
    const email = `${id}@test.example`;
    const user = await well('user', 'create', email, '--name', 'Ada', '--password', 'an unusual phrase');
    expect(user).toMatch(new RegExp(`^Made ${email} \\([0-9a-f-]{36}\\)\n$`));
    const [organization] = JSON.parse(
      await well('organization', 'create', `Analytical ${id}`, '--owner', email, '--currency', 'EUR', '--json'),
    ) as [{ id: string; slug: string }];
    const login = async (password: string) => (await send('POST', 'auth/login', { email, password })).status;
    const [listed] = await Promise.all([well('organization', 'list'), well('operator', 'create', `op-${email}`)]);
    expect(listed).toContain(organization!.slug);
    const { data } = await send('POST', 'auth/login', { email, password: 'an unusual phrase' });
    const asOwnerOfIt = () =>
      send('GET', 'contacts', undefined, { authorization: `Bearer ${data.access_token}`, 'x-organization-id': organization!.id });
    expect((await asOwnerOfIt()).status).toBe(200);
    expect(await well('organization', 'suspend', organization!.slug)).toBe(`Suspended Analytical ${id}\n`);
    const [row] = await asOwner<{ suspended: boolean }>('select suspended_at is not null as suspended from organization where id = $1', [
      organization!.id,
    ]);
    expect(row).toEqual({ suspended: true });
    expect(await well('organization', 'resume', organization!.id)).toBe(`Resumed Analytical ${id}\n`);
    await well('user', 'reset-password', email, '--password', 'another unusual phrase');
    expect(await login('an unusual phrase')).toBe(401);
    expect(await login('another unusual phrase')).toBe(200);
    expect((await tessera(['user', 'create', email])).err).toBe('There is an account with this e-mail already\n');
  });
});

describe('tessera operator', () => {
  it('shuts an operator out and lets him in, with a new password where he has lost his', async () => {
    const email = `op-${Date.now().toString(36)}@test.example`;
    expect(await well('operator', 'create', email, '--password', 'an unusual phrase')).toBe(`Made operator ${email}\n`);
    expect(await well('operator', 'disable', email)).toBe(`Disabled operator ${email}\n`);
    const listed = JSON.parse(await well('operator', 'list', '--json')) as { email: string }[];
    expect(listed.find((one) => one.email === email)).toEqual({ email, name: email, disabled: true });
    expect(await well('operator', 'enable', email)).toBe(`Enabled operator ${email}\n`);
    const login = async (password: string) => (await send('POST', 'admin/auth/login', { email, password })).status;
    expect(await login('an unusual phrase')).toBe(200);
    const [, password] = /^Reset operator .* with the password (\S+)\n$/.exec(await well('operator', 'reset-password', email))!;
    expect([await login('an unusual phrase'), await login(password!)]).toEqual([401, 200]);
  });
});

describe('tessera verify', () => {
  // Promises of the deployment are everybody's: no worker has kept those of the tests before.
  beforeEach(() => asOwner(`delete from due where organization_id = '00000000-0000-0000-0000-000000000000'`));

  it('looks at every row, and finds what was done behind its back', async () => {
    const { member, organization } = await world();
    const id = await made(member, 'Ada');
    const args = ['verify', '--organization', organization.id, '--json'];
    const verdicts = JSON.parse(await well(...args)) as { invariant: string; checked: number; wrong: number }[];
    expect(verdicts.find(({ invariant }) => invariant === 'contact: one audit entry per change')).toMatchObject({ checked: 1, wrong: 0 });
    await tamper(organization.id, 'delete from audit_entry where subject_id = $1', [id]);
    const found = await tessera(['verify', '--organization', organization.id]);
    expect(found).toMatchObject({ code: 1, err: 'Violated: contact: one audit entry per change.\n' });
    expect(found.out).toContain(id);
  });

  it('sees what was never delivered, kept or sealed', async () => {
    const { member, organization } = await world();
    await made(member, 'Ada');
    await drain(organization);
    await asOwner(`update outbox set done_at = null, created_at = now() - interval '6 minutes' where organization_id = $1`, [
      organization.id,
    ]);
    await asOwner(
      `insert into due (id, organization_id, kind, key, payload, request_id, due_at) values (gen_random_uuid(), $1, 'Nonsense', 'x', '{}', 'x', now() - interval '6 minutes')`,
      [organization.id],
    );
    await tamper(organization.id, `update audit_entry set at = now() - interval '6 minutes'`);
    const { code, err } = await tessera(['verify', '--organization', organization.id]);
    const names = [
      'audit entries: sealed after five minutes',
      'messages: delivered after five minutes',
      'promises: none overdue or given up',
    ];
    expect({ code, err }).toEqual({ code: 1, err: `Violated: ${names.join('; ')}.\n` });
  });
});

describe('tessera audit verify', () => {
  it('names the first position that does not hold', async () => {
    const { member, organization } = await world();
    await made(member, 'Ada');
    const id = await made(member, 'Bob');
    await (await app()).get(Sealer).seal(organization.facts());
    const [sealed] = await rowsOf<{ position: string }>(
      organization.id,
      'select position from audit_seal where entry_id = (select id from audit_entry where subject_id = $1)',
      [id],
    );
    expect(await well('audit', 'verify', '--organization', organization.slug)).toContain('whole');
    await tamper(organization.id, `update audit_entry set action = 'delete' where subject_id = $1`, [id]);
    const { code, out, err } = await tessera(['audit', 'verify', '--organization', organization.slug]);
    expect({ code, err }).toEqual({ code: 1, err: 'The audit log is broken.\n' });
    expect(out).toContain(`position ${sealed!.position} `);
  });
});

describe('tessera jobs', () => {
  it('lists what has failed, and tries it again', async () => {
    const { member, organization } = await world();
    await asOwner(
      `insert into due (id, organization_id, kind, key, payload, request_id, due_at, attempts, failed_at, error)
       values ($1, $2, 'Nonsense', 'x', '{}', 'x', now(), 8, now(), 'It broke')`,
      [member.userId, organization.id],
    );
    const rows = JSON.parse(await well('jobs', 'list', '--json')) as { id: string }[];
    expect(rows.find(({ id }) => id === member.userId)).toMatchObject({
      kind: 'promise',
      what: 'Nonsense',
      attempts: 8,
      next: null,
      error: 'It broke',
    });
    expect(await well('jobs', 'retry', member.userId)).toBe('Trying 1 again\n');
    await expect(drain(organization)).rejects.toThrow('There is no use case called Nonsense');
    expect((await tessera(['jobs', 'retry', 'nothing'])).err).toBe('Nothing that has failed has the id nothing.\n');
  });
});

describe('tessera export and openapi', () => {
  it('write what the API shows', async () => {
    const { member, organization } = await world();
    await made(member, 'Ada Lovelace');
    const [csv, document] = await Promise.all([well('export', 'contacts', '--organization', organization.slug), well('openapi')]);
    expect(csv.split('\n')[0]).toContain('id,name,first_name');
    expect(csv).toContain(',Ada Lovelace,');
    expect(csv).not.toContain('owner-');
    expect(JSON.parse(document)).toEqual((await send('GET', '/openapi.json')).body);
  });
});
