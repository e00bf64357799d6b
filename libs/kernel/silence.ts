/** Milliseconds above what a statement may take after which silence means that nobody is there any more. */
export const GRACE = 2000;
/** Milliseconds between two looks at who is silent. */
export const LOOK_EVERY = 500;
export const SILENT = 'The database does not answer';

/** Looks again and again, and not when this process itself was frozen: what came meanwhile has not been read yet. */
export function whileAwake(everyMs: number, look: (now: number) => void): NodeJS.Timeout {
  let lookedAt = performance.now();
  return setInterval(() => {
    const now = performance.now();
    const awake = now - lookedAt < 4 * everyMs;
    lookedAt = now;
    if (awake) look(now);
  }, everyMs).unref();
}
