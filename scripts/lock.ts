// A lock that the operating system frees however its holder ends. It is SQLite's, because Node has none of its own;
// a file with a process id in it would have to guess whether that process is still the same one.
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const BUSY = 5;

/**
 * @returns a function that frees the lock, or nothing when somebody else holds it
 * @throws when the folder belongs to another user
 */
export function lock(file: string, mode: 'exclusive' | 'shared') {
  writable(dirname(file));
  if (existsSync(file)) writable(file);
  const database = new DatabaseSync(file);
  try {
    database.exec('pragma journal_mode = memory');
    database.exec(mode === 'exclusive' ? 'begin exclusive' : 'begin; select count(*) from sqlite_master');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === BUSY) return undefined;
    throw error;
  }
  if (mode === 'exclusive') writeFileSync(`${file}.pid`, String(process.pid));
  return () => database.close();
}

/** The process that took the lock last; only for messages. */
export const holder = (file: string) => (existsSync(`${file}.pid`) ? readFileSync(`${file}.pid`, 'utf8') : '?');

function writable(path: string) {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
  } catch {
    throw new Error(`${path} belongs to another user: run as that user, or delete the folder, and its data with it.`);
  }
}
