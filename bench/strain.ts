import type { Place } from './servers.ts';
export const strain = async (_: Place) => '';
