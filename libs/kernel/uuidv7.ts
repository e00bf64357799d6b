import { randomFillSync } from 'node:crypto';

const pool = Buffer.alloc(10 * 256);
let at = pool.length;

/** A time-ordered id (RFC 9562): new rows land on the right edge of the index. */
export function uuidv7(): string {
  if (at === pool.length) {
    randomFillSync(pool);
    at = 0;
  }
  const time = Date.now().toString(16).padStart(12, '0');
  const random = pool.subarray(at, (at += 10)).toString('hex');
  const variant = (8 | (parseInt(random[3]!, 16) & 3)).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
export const isUuid = (text: unknown): text is string => typeof text === 'string' && UUID.test(text);
