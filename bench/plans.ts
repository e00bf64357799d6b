// npm run bench -- plans [small|full]: test/laws/plans.spec.ts on the data of the measurements. It founds an organization there and fills it, so
// PostgreSQL chooses its plans as it does for one of many. Wants the database that npm start brings: only its superuser may ask for plans.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { place } from './servers.ts';

const PASSWORD = '.tessera/postgres.password';
if (!existsSync(PASSWORD)) throw new Error('The plans of a database from outside are for its administrator to ask for.');
const { app, owner } = await place(process.argv[2] ?? 'full');
const superuser = Object.assign(new URL(owner), { username: 'postgres', password: readFileSync(PASSWORD, 'utf8').trim() }).href;
// No worker runs there: what the measurements left in the outbox would be a backlog that no deployment has.
const client = new pg.Client(superuser);
await client.connect();
await client.query('update outbox set done_at = now() where done_at is null');
await client.end();
const env = { ...process.env, PLANS_APP_URL: app, PLANS_OWNER_URL: owner, PLANS_SUPERUSER_URL: superuser, PLANS_ROWS: '20000' };
const { status } = spawnSync(process.execPath, ['scripts/test.ts', 'laws/plans'], { env, stdio: 'inherit' });
process.exitCode = status ?? 1;
