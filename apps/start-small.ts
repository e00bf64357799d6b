import { setFlagsFromString } from 'node:v8';

// Imported before all else by a process that serves: what is loaded at a start survives, for which V8 would widen its young generation as far
// as it goes and keep it so, 80 of the 260 MB of an idle API. It may grow as soon as there is something to do.
setFlagsFromString('--semi-space-growth-factor=1');

/** V8's own choice from now on. */
export const growAsNeeded = () => setFlagsFromString('--semi-space-growth-factor=2');
