import type { Multipart } from '@fastify/multipart';
import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { organization } from '../actor.ts';
import { invalid, tooLarge, unsupportedMedia } from '../errors.ts';
import { fileKey, type Storage } from '../storage.ts';
import { uuidv7 } from '../uuidv7.ts';
import type { Request } from './serve.ts';

/** The largest file that is taken, in bytes. */
export const FILE_LIMIT = 64 << 20;
/** Bodies that are a file, read piece by piece; any other type comes in a form. */
export const RAW_TYPES: string[] = ['text/csv', 'application/octet-stream', 'image/png', 'image/jpeg'];
const FORM = 'multipart/form-data';
/** What browsers call a file whose type they do not know; its content and its name tell. */
const UNTOLD = ['application/octet-stream', 'application/vnd.ms-excel'];

/** A file in the store, under the organization's prefix. */
export interface StoredFile {
  readonly key: string;
  /** As the sender calls it; never part of a key or a path. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Of the content, base64url. */
  readonly sha256: string;
}
/** What a message of an upload takes: the checked fields and the file. */
export interface Upload<F> {
  readonly fields: F;
  readonly file: StoredFile;
}

/**
 * Streams the file of a request into the store, once the caller has been let in.
 * @throws request.media_type for another type, request.too_large past the limit, request.invalid without a file
 */
export async function received(request: Request, storage: Storage): Promise<Upload<Record<string, unknown>>> {
  const { route, http } = request;
  const type = typeOf(http.headers['content-type']);
  if (type === FORM) return fromForm(request, storage);
  if (!route.upload!.types.includes(type) || !RAW_TYPES.includes(type))
    throw unsupportedMedia(`Send ${FORM} or ${route.upload!.types.join(', ')}`);
  const name = /filename="([^"]+)"/.exec(http.headers['content-disposition'] ?? '')?.[1] ?? 'upload';
  const file = await keep(request, storage, name, http.body as Readable);
  return { fields: { ...(http.query as object) }, file };
}

async function fromForm(request: Request, storage: Storage): Promise<Upload<Record<string, unknown>>> {
  const fields: Record<string, unknown> = {};
  let file: StoredFile | undefined;
  try {
    for await (const part of request.http.parts({
      limits: { fileSize: request.route.upload!.limit + 1 },
      throwFileSizeLimit: false,
    } as never)) {
      if (part.type === 'field') fields[part.fieldname] = fieldOf(part, fields);
      else if (part.fieldname !== 'file' || file) throw refused(part.fieldname, 'unknown', 'is not a file here');
      else if (!acceptable(request, part.mimetype, part.filename))
        throw unsupportedMedia(`A file of type ${part.mimetype} is not accepted here`);
      else file = await keep(request, storage, part.filename, part.file);
    }
    if (!file) throw refused('file', 'required', 'is missing');
    return { fields, file };
  } catch (error) {
    if (file) await storage.delete(file.key);
    throw error;
  }
}

function fieldOf(part: Extract<Multipart, { type: 'field' }>, known: Record<string, unknown>): unknown {
  if (part.valueTruncated || part.fieldnameTruncated) throw tooLarge(`The field ${part.fieldname} is too long`);
  if (Object.hasOwn(known, part.fieldname)) throw refused(part.fieldname, 'repeated', 'may be given once');
  return part.value;
}

function acceptable({ route }: Request, mimetype: string, name: string): boolean {
  const { types, text } = route.upload!;
  return types.includes(typeOf(mimetype)) || (text === true && UNTOLD.includes(typeOf(mimetype)) && /\.(csv|tsv|txt)$/i.test(name));
}

async function keep({ route }: Request, storage: Storage, name: string, content: Readable): Promise<StoredFile> {
  const { limit, text = false, types } = route.upload!;
  const key = fileKey(organization().id, 'uploads', uuidv7());
  const hash = createHash('sha256');
  const size = await storage.put(key, Readable.from(watched(content, limit, text, hash)), { type: types[0]! });
  if (!size) {
    await storage.delete(key);
    throw refused('file', 'too_small', 'is empty');
  }
  return { key, name: name.slice(0, 255), size, sha256: hash.digest('base64url') };
}

/** Passes the content on, and stops at what is too large or is no text; the store then keeps nothing. */
async function* watched(content: AsyncIterable<Buffer>, limit: number, text: boolean, hash: Hash): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of content) {
    if (text && size === 0 && isBinary(chunk)) throw unsupportedMedia('This file is not text');
    size += chunk.length;
    if (size > limit) throw tooLarge(`A file may have at most ${limit} bytes`);
    hash.update(chunk);
    yield chunk;
  }
}

/** Told by the first bytes: archives (XLSX is one), PDF, and NUL bytes without the mark of UTF-16. */
const isBinary = (head: Buffer) => {
  const mark = head.subarray(0, 2).toString('latin1');
  return (
    mark === 'PK' || head.subarray(0, 5).toString('latin1') === '%PDF-' || (head.includes(0) && mark !== '\xff\xfe' && mark !== '\xfe\xff')
  );
};

const typeOf = (header = '') => header.split(';')[0]!.trim().toLowerCase();
const refused = (field: string, code: string, message: string) =>
  invalid(`${field} ${message}`, { details: [{ pointer: `/${field}`, code, message }] });
