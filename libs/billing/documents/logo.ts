import { FileMissing, type Storage } from '#kernel';
import { buffer } from 'node:stream/consumers';
import type { Design } from './design.ts';

/** The content of a design's logo; a document is printed without one that is lost. */
export async function logoOf(storage: Storage, { logo }: Design): Promise<Buffer | undefined> {
  if (!logo) return undefined;
  try {
    return await buffer(await storage.get(logo));
  } catch (error) {
    if (error instanceof FileMissing) return undefined;
    throw error;
  }
}
