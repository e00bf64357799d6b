/** Files: one port for every store, and the store that is a local folder. */
import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errnoOf } from './errno.ts';

const LONGEST_KEY = 500;
const KEY = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\/[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)+$/;

/**
 * A file's key: the organization's id, then names of ASCII letters, digits, `_`, `-` and single inner dots. Nothing that a person typed
 * belongs into it, and it cannot point outside of the organization. Throws RangeError for any other.
 */
export function fileKey(organizationId: string, ...names: readonly string[]): string {
  return checked([organizationId, ...names].join('/'));
}

function checked(key: string): string {
  if (key.length > LONGEST_KEY || !KEY.test(key)) throw new RangeError('Not the key of a file');
  return key;
}

/** There is no file under this key. */
export class FileMissing extends Error {
  override name = 'FileMissing';
}

/** Where files are kept, under keys as {@link fileKey} makes them. */
export abstract class Storage {
  /**
   * Keeps a file, in place of the one that was there, and resolves with its size in bytes. Readers see the old file or the new one, whole;
   * when the content breaks off nothing has changed. The media type is for stores that hand files out themselves.
   */
  abstract put(key: string, content: Readable | Uint8Array, about: { type: string }): Promise<number>;
  /** The content; whoever asks for it reads it to its end or destroys it. Throws {@link FileMissing}. */
  abstract get(key: string): Promise<Readable>;
  /** Bytes. Throws {@link FileMissing}. */
  abstract size(key: string): Promise<number>;
  abstract exists(key: string): Promise<boolean>;
  /** Removes a file; one that is not there is removed already. */
  abstract delete(key: string): Promise<void>;
}

/** Files in a folder of this machine, readable by its own user only. */
export class LocalStorage extends Storage {
  private readonly folder: string;

  constructor(folder: string) {
    super();
    this.folder = resolve(folder);
  }

  /** Written beside, made durable, then moved into its place: a crash leaves the old file or the new one. */
  async put(key: string, content: Readable | Uint8Array): Promise<number> {
    const path = this.pathOf(key);
    const draft = join(this.folder, '.drafts', randomUUID());
    await Promise.all([draft, path].map((file) => mkdir(dirname(file), { recursive: true, mode: 0o700 })));
    try {
      const file = await open(draft, 'wx', 0o600);
      const into = file.createWriteStream({ flush: true });
      await pipeline(content instanceof Readable ? content : [content], into);
      await rename(draft, path);
      await durable(dirname(path));
      return into.bytesWritten;
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  async get(key: string): Promise<Readable> {
    await this.size(key);
    const file = await open(this.pathOf(key)).catch((error: unknown) => absent(error));
    return file.createReadStream();
  }

  async size(key: string): Promise<number> {
    const found = await stat(this.pathOf(key)).catch((error: unknown) => absent(error));
    if (!found.isFile()) throw new FileMissing();
    return found.size;
  }

  async exists(key: string): Promise<boolean> {
    try {
      await this.size(key);
      return true;
    } catch (error) {
      if (error instanceof FileMissing) return false;
      throw error;
    }
  }

  async delete(key: string): Promise<void> {
    const path = this.pathOf(key);
    if (await this.exists(key)) await rm(path, { force: true });
  }

  private pathOf(key: string): string {
    return join(this.folder, ...checked(key).split('/'));
  }
}

/** A name is as durable as the folder that holds it. */
async function durable(folder: string) {
  const opened = await open(folder, 'r');
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}

function absent(error: unknown): never {
  throw errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR' ? new FileMissing() : error;
}
