import { randomPiece } from './random.ts';

let time = 0;
let counter = 0;
const COUNTER_MAX = 0xfff;

/**
 * A time-ordered id (RFC 9562): new rows land on the right edge of the index. Each is greater than the one before it in this process, also
 * within a millisecond and when the clock is set back (method 1 of its section 6.2), so the order of ids is the order of creation.
 */
export function uuidv7(now = Date.now()): string {
  const random = randomPiece(10);
  if (now > time) {
    time = now;
    // The upper bit is left free, for there to be room to count.
    counter = random.readUInt16BE(8) & 0x7ff;
  } else if (counter < COUNTER_MAX) counter++;
  else {
    time++;
    counter = 0;
  }
  const hex = random.toString('hex', 0, 8);
  const instant = time.toString(16).padStart(12, '0');
  const variant = (8 | (random[0]! >> 6)).toString(16);
  return `${instant.slice(0, 8)}-${instant.slice(8)}-7${counter.toString(16).padStart(3, '0')}-${variant}${hex.slice(1, 4)}-${hex.slice(4)}`;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
export const isUuid = (text: unknown): text is string => typeof text === 'string' && UUID.test(text);
