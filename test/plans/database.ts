// A database of this file's own: it is filled with rows that no law of the application would have let in, and tells the plan of every
// statement to whoever sent it. To be imported before anything that connects.
import pg from 'pg';
import { clear } from './large.ts';

const { TEST_OWNER_URL, TEST_APP_URL, TEST_SUPERUSER_URL, PLANS_OWNER_URL, PLANS_APP_URL, PLANS_SUPERUSER_URL } = process.env;
const NAME = 'tessera_plans';
const at = (url: string) => Object.assign(new URL(url), { pathname: `/${NAME}` }).href;

// Before anything is waited for: other modules of the test do not wait.
process.env.DATABASE_URL = PLANS_APP_URL ?? at(TEST_APP_URL!);
process.env.DATABASE_OWNER_URL = PLANS_OWNER_URL ?? at(TEST_OWNER_URL!);

const given = Boolean(PLANS_OWNER_URL && PLANS_APP_URL);
const superuser = new pg.Client(PLANS_SUPERUSER_URL ?? TEST_SUPERUSER_URL);
await superuser.connect();
if (!given) {
  await superuser.query(`drop database if exists ${NAME} with (force)`);
  await superuser.query(`create database ${NAME} template tessera_template owner tessera_owner strategy file_copy`);
  await superuser.query(`grant connect, temporary on database ${NAME} to tessera_app`);
}

const settings: Record<string, string> = {
  log_min_duration: '0',
  log_analyze: 'on',
  log_timing: 'off',
  log_nested_statements: 'on',
  log_format: 'json',
  // To the client, which knows what it was about.
  log_level: 'notice',
};
const database = new URL(process.env.DATABASE_URL!).pathname.slice(1);
const app = decodeURIComponent(new URL(process.env.DATABASE_URL!).username);
const told = `alter role ${superuser.escapeIdentifier(app)} in database ${superuser.escapeIdentifier(database)}`;
await superuser.query(`${told} set session_preload_libraries = 'auto_explain'`);
for (const [name, value] of Object.entries(settings)) await superuser.query(`${told} set auto_explain.${name} = '${value}'`);

/** Everything as it was before. */
export async function done(organizationId: string) {
  await superuser.query(`${told} reset all`);
  if (given) await clear(superuser, organizationId);
  else await superuser.query(`drop database if exists ${NAME} with (force)`);
  await superuser.end();
}
