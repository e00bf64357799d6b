import fc from 'fast-check';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { fileKey, FileMissing, LocalStorage, type Storage } from './storage.ts';

const organization = '019a0000-0000-7000-8000-000000000001';
const key = fileKey(organization, 'invoices', '2026', 'INV-2026-00001.pdf');
const pdf = { type: 'application/pdf' };
const bytes = Buffer.from([0, 255, 13, 10, 128]);

let folder: string;
let storage: Storage;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storage-'));
  storage = new LocalStorage(folder);
});
afterEach(() => rm(folder, { recursive: true }));

const files = async () => (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
const content = async (name: string) => buffer(await storage.get(name));

it('keeps a buffer and a stream, byte for byte', async () => {
  expect(await storage.put(key, bytes, pdf)).toBe(5);
  expect(await content(key)).toEqual(bytes);
  expect(await storage.size(key)).toBe(5);
  const large = Buffer.alloc(1_000_003, 'tessera');
  expect(await storage.put(key, Readable.from([large.subarray(0, 400_000), large.subarray(400_000)]), pdf)).toBe(1_000_003);
  expect((await content(key)).equals(large)).toBe(true);
  expect(await storage.put(fileKey(organization, 'empty'), Buffer.alloc(0), pdf)).toBe(0);
  expect(await content(fileKey(organization, 'empty'))).toHaveLength(0);
});

it('is read by its own user only', async () => {
  await storage.put(key, bytes, pdf);
  expect((await stat(join(folder, ...key.split('/')))).mode & 0o077).toBe(0);
});

it('knows what is there and what is not', async () => {
  expect(await storage.exists(key)).toBe(false);
  await expect(storage.get(key)).rejects.toThrow(FileMissing);
  await expect(storage.size(key)).rejects.toThrow(FileMissing);
  await storage.put(key, bytes, pdf);
  expect(await storage.exists(key)).toBe(true);
  // A folder is no file, and a file no folder.
  expect(await storage.exists(fileKey(organization, 'invoices'))).toBe(false);
  expect(await storage.exists(`${key}/page-1`)).toBe(false);
});

it('deletes, also twice, and only the file that is named', async () => {
  const other = fileKey(organization, 'invoices', 'other');
  await storage.put(key, bytes, pdf);
  await storage.put(other, bytes, pdf);
  await storage.delete(key);
  await storage.delete(key);
  await storage.delete(fileKey(organization, 'invoices'));
  expect(await storage.exists(key)).toBe(false);
  expect(await storage.exists(other)).toBe(true);
});

it('changes nothing when the content breaks off', async () => {
  await storage.put(key, bytes, pdf);
  const broken = Readable.from(
    (function* () {
      yield Buffer.from('half of ');
      throw new Error('connection lost');
    })(),
  );
  await expect(storage.put(key, broken, pdf)).rejects.toThrow('connection lost');
  expect(await content(key)).toEqual(bytes);
  expect(await files()).toHaveLength(1);
});

it('shows readers one file or the other, never a mixture', async () => {
  const versions = ['a', 'b', 'c'].map((letter) => Buffer.alloc(300_000, letter));
  await storage.put(key, versions[0], pdf);
  const writing = Promise.all(versions.map((version) => storage.put(key, version, pdf)));
  const reading = Promise.all(Array.from({ length: 10 }, () => content(key)));
  for (const read of await reading) expect(versions.some((version) => version.equals(read))).toBe(true);
  await writing;
  expect(await files()).toHaveLength(1);
});

describe('a key', () => {
  it.each([
    '',
    'invoices/x.pdf',
    organization,
    `${organization}/`,
    `${organization}/../other/x`,
    `${organization}/./x`,
    `${organization}/a//b`,
    `${organization}/.hidden`,
    `${organization}/trailing.`,
    `${organization}/a..b`,
    `${organization}/a\\b`,
    `${organization}/a\0b`,
    `${organization}/a\n`,
    `${organization}/ä`,
    `${organization.toUpperCase()}/x`,
    `/${organization}/x`,
    `../${organization}/x`,
    `.drafts/${organization}/x`,
    `${organization}/${'x'.repeat(600)}`,
  ])('is never %j', async (bad) => {
    await expect(storage.put(bad, bytes, pdf)).rejects.toThrow(RangeError);
    await expect(storage.get(bad)).rejects.toThrow(RangeError);
    await expect(storage.delete(bad)).rejects.toThrow(RangeError);
  });

  it('never leaves the folder of its organization', () => {
    const names = fc.array(fc.oneof(fc.string(), fc.constantFrom('..', '.', '', '/', '\\', '%2e%2e', '..\\', 'x')), { minLength: 1 });
    fc.assert(
      fc.property(names, (parts) => {
        let made: string;
        try {
          made = fileKey(organization, ...parts);
        } catch {
          return;
        }
        const inside = relative(join('/files', organization), join('/files', made));
        expect(inside).not.toMatch(/^(\.\.|\/|$)/);
      }),
    );
  });
});
