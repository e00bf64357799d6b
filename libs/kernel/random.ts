import { randomFillSync } from 'node:crypto';

const pool = Buffer.alloc(4096);
let at = pool.length;

/** So many random bytes (at most 64), good for keys; each is given out once. Drawn many at a time: a call for a few costs more than hashing what they salt. */
export function randomPiece(length: number): Buffer {
  if (at + length > pool.length) {
    randomFillSync(pool);
    at = 0;
  }
  // A copy: the pool is filled anew under whoever keeps its piece.
  return Buffer.from(pool.subarray(at, (at += length)));
}
