import type { Place } from './servers.ts';
export const importing = async (_: Place) => '';
