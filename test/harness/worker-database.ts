// Before each test file: this worker's own database, cloned from the template the first time, and the settings of a test.
import 'reflect-metadata';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

const { JEST_WORKER_ID, TEST_OWNER_URL, TEST_APP_URL } = process.env;
if (!TEST_OWNER_URL || !TEST_APP_URL) throw new Error('test/harness/cluster.mjs has not run.');
const name = `tessera_${JEST_WORKER_ID}`;

const own = (url: string, database = name) => Object.assign(new URL(url), { pathname: `/${database}` }).href;

// Not by way of the template: nobody may be connected to what is being cloned.
const client = new pg.Client(own(TEST_OWNER_URL, 'postgres'));
await client.connect();
try {
  const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
  if (!rowCount) {
    await client.query(`create database ${name} template tessera_template strategy file_copy`);
    await client.query(`revoke all on database ${name} from public`);
    await client.query(`grant connect, temporary on database ${name} to tessera_app`);
  }
} finally {
  await client.end();
}

process.env.DATABASE_URL = own(TEST_APP_URL);
process.env.DATABASE_OWNER_URL = own(TEST_OWNER_URL);
process.env.LOG_LEVEL ??= 'error';
// A busy machine makes tests slow, not red.
process.env.POOL_WAIT_MS ??= '15000';
const place = join(tmpdir(), `tessera-test-files-${process.ppid}-${JEST_WORKER_ID}`);
mkdirSync(place, { recursive: true });
process.env.STORAGE_DIR ??= join(place, 'files');
process.env.OUTBOX_DIR ??= join(place, 'mail');
delete process.env.REDIS_URL;
delete process.env.SMTP_URL;
