import { existsSync } from 'node:fs';

/** The environment with what `.env` adds to it, without the empty variables. */
export function given(): Record<string, string> {
  if (existsSync('.env')) process.loadEnvFile();
  return Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value?.trim() ? [[name, value]] : [])));
}
