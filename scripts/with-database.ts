// Builds if needed, then runs one program with the settings of the database, which is started for it when it is not up.
//   node scripts/with-database.ts dist/apps/cli/main.js seed demo
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { build } from './build.ts';
import { mustServe, ownSecretKey, sharedDatabase } from './database.ts';
import { given } from './environment.ts';
import { plainly } from './plainly.ts';

await plainly(async () => {
  const environment = given();
  await build();
  const { environment: made, release } = environment.DATABASE_URL ? await external(environment) : await sharedDatabase();
  const program = spawn(process.execPath, process.argv.slice(2), { stdio: 'inherit', env: { ...environment, ...made } });
  // A terminal sends it to the program too, which decides.
  process.on('SIGINT', () => process.stdin.isTTY || program.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP', 'disconnect'] as const) process.on(signal, () => program.kill('SIGTERM'));
  const [code, signal] = (await once(program, 'exit')) as [number | null, NodeJS.Signals | null];
  // Whoever does not want to wait for others takes it from them.
  await Promise.race([release(), once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  process.exit(code ?? 128 + constants.signals[signal ?? 'SIGTERM']);
});

async function external(environment: Record<string, string>) {
  const url = environment.DATABASE_URL!;
  await mustServe('DATABASE_URL', url);
  const invents = environment.NODE_ENV !== 'production' && !environment.SECRET_KEY;
  return { environment: invents ? { SECRET_KEY: ownSecretKey() } : {}, release: async () => {} };
}
