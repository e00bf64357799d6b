export interface Taken { allowed: boolean; limit: number; remaining: number; resetSeconds: number }
export class Limiter {
  constructor(readonly redisUrl?: string) {}
  async take(_bucket: string, _key: string, limit: number, seconds: number): Promise<Taken> { return { allowed: true, limit, remaining: limit, resetSeconds: seconds }; }
}
export const headersOf = (taken: Taken): Record<string, string> => ({ ratelimit: `"default";r=${taken.remaining};t=${taken.resetSeconds}` });
