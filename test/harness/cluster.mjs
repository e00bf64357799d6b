// Once per run: a throwaway PostgreSQL with one migrated database, the template that every jest worker clones.
// JavaScript on purpose: jest cannot load a TypeScript module that imports another one here.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from '../../scripts/build.ts';
import { provision } from '../../scripts/database.ts';
import { EmbeddedPostgres } from '../../scripts/embedded-postgres.ts';

const FIRST_PORT = 56500;
/** No secret: the cluster lives as long as the tests, and answers this machine only. */
const SECRET_KEY = 'of-these-tests-only-and-of-nothing-else';

export default async function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-test-'));
  const [postgres] = await Promise.all([EmbeddedPostgres.start({ folder, throwaway: true, port: FIRST_PORT }), build()]);
  const stop = async () => {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const urls = await provision(postgres, 'tessera_template', { owner: 'owner', app: 'app' });
    migrate({ ...process.env, ...urls, SECRET_KEY, NODE_OPTIONS: '' });
    Object.assign(process.env, {
      TEST_OWNER_URL: urls.DATABASE_OWNER_URL,
      TEST_APP_URL: urls.DATABASE_URL,
      TEST_SUPERUSER_URL: postgres.url(),
      SECRET_KEY,
    });
    Object.assign(globalThis, { stopCluster: stop });
  } catch (error) {
    await stop();
    throw error;
  }
}

function migrate(env) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/apps/cli/main.js', 'db', 'migrate'], { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`The migration of the tests' database failed:\n${stdout}${stderr}`);
}
