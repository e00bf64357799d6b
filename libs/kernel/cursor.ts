import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { badCursor } from './errors.ts';
import { settings } from './settings.ts';

/** Three sort keys of the longest text there is, and their id. */
const LONGEST_CURSOR = 6000;
let key: KeyObject | undefined;
const seal = (values: string, binding: string) => {
  // Of bytes Node would make a key each time, which takes eight times as long as the hash.
  key ??= createSecretKey(new Uint8Array(hkdfSync('sha256', settings.SECRET_KEY, '', 'tessera cursor', 32)));
  return createHmac('sha256', key).update(`${binding} ${values}`).digest('base64url').slice(0, 16);
};
/** A cursor is tied to its list, order, filters and organization (the binding) by a keyed hash; what it carries is not secret. */
export function closeCursor(values: unknown[], binding: string) {
  const text = JSON.stringify(values);
  return Buffer.from(seal(text, binding) + text).toString('base64url');
}
/** @throws cursor.invalid when it was not made under this binding */
export function openCursor(cursor: string, binding: string): unknown[] {
  const opened = Buffer.from(cursor, 'base64url').toString();
  const text = opened.slice(16);
  if (cursor.length > LONGEST_CURSOR || opened.slice(0, 16) !== seal(text, binding)) throw badCursor();
  return JSON.parse(text) as unknown[];
}
