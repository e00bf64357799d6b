import { actingAs, type Actor, Bus, EntityManager, fileKey, GetOne, Refusal, Storage, system, uuidv7 } from '#kernel';
import { ImportMembers, Organization } from '#identity';
import { Injectable } from '@nestjs/common';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Expected } from './expected.ts';
import { ImportView } from './import-view.ts';
import { keyOf } from './look-up.ts';
import type { MappingFile, PeopleFile, RecordsFile } from './mapping-file.ts';
import { PrepareOrganization } from './prepare-organization.ts';
import { ImportErrors } from './read-errors.ts';
import { readPeople } from './read-people.ts';
import { RunImport, starterOf } from './run-import.ts';
import { StartImport } from './start-import.ts';

/** What became of one file. */
export interface ImportedFile {
  readonly file: string;
  readonly resource: string;
  readonly rows: number;
  readonly created: number;
  readonly updated: number;
  readonly skipped: number;
  readonly failed: number;
  readonly incomplete: number;
  /** `line column: reason` of what was not taken, or not wholly. */
  readonly errors: readonly string[];
}
export interface Watcher {
  /** What was made before the files went in, in words. */
  prepared?(changes: readonly string[]): void;
  /** How far a file is, in percent. */
  at?(file: string, percent: number): void;
  done?(file: ImportedFile): void;
}

/** A folder, a mapping file or a caller that does not fit the other two; a sentence for the terminal. */
export class CannotImport extends Error {
  override name = 'CannotImport';
}
const LOOK_EVERY_MS = 200;

/** Imports the files of a folder in this process, in the order of a mapping file: what the terminal does. */
@Injectable()
export class FolderImport {
  constructor(
    private readonly bus: Bus,
    private readonly em: EntityManager,
    private readonly storage: Storage,
  ) {}

  /** @throws CannotImport when a file cannot be begun with; rows that are not taken are in the answer */
  async run(path: string, mapping: MappingFile, me: Actor, dryRun = false, watcher: Watcher = {}): Promise<ImportedFile[]> {
    const files = await filesOf(path, mapping);
    if (!dryRun) {
      const changes = await asSystem(me, () => this.bus.run(new PrepareOrganization(mapping)));
      watcher.prepared?.(changes);
    }
    // Its currency may be another one now.
    const facts = await asSystem(me, () =>
      this.bus.asSystem(me.organization, async () => (await this.em.findOneOrFail(Organization, me.organization!.id)).facts()),
    );
    const now: Actor = { ...me, organization: facts };
    const expected = dryRun ? new Expected(mapping.pipelines) : undefined;
    const done: ImportedFile[] = [];
    for (const { at, as } of files) {
      const one =
        as.resource === 'member'
          ? await this.people(now, at, as, expected)
          : await this.records(now, at, as, mapping.source, expected, watcher);
      watcher.done?.(one);
      done.push(one);
    }
    return done;
  }

  private async people(me: Actor, path: string, as: PeopleFile, expected?: Expected): Promise<ImportedFile> {
    if (me.role !== 'owner' && me.role !== 'admin') throw new CannotImport(`${as.file}: only owners and admins bring members in.`);
    const { people, failed } = await readPeople(createReadStream(path), as);
    for (const { name } of people) expected?.add('member', keyOf(name));
    const counts = await asSystem(me, () => this.bus.run(new ImportMembers(people, expected !== undefined)));
    const errors = failed.map(({ line, column, reason }) => `${line} ${column ?? ''}: ${reason}`);
    return {
      file: as.file,
      resource: 'member',
      rows: people.length + failed.length,
      ...counts,
      failed: failed.length,
      incomplete: 0,
      errors,
    };
  }

  private async records(
    me: Actor,
    path: string,
    as: RecordsFile,
    source: string,
    expected: Expected | undefined,
    { at }: Watcher,
  ): Promise<ImportedFile> {
    const { file, resource } = as;
    const id = await this.start(me, path, as, source, expected !== undefined);
    return asSystem(me, async () => {
      const look = () => this.bus.run(new GetOne(ImportView, id));
      const show = () =>
        void look().then(
          ({ progress }) => at?.(file, progress),
          () => {},
        );
      const watch = at && setInterval(show, LOOK_EVERY_MS);
      try {
        await this.bus.run(new RunImport(id, starterOf(me), expected));
      } finally {
        clearInterval(watch);
      }
      const { position: rows, created, updated, skipped, failed, incomplete, failure } = await look();
      if (failure) throw new CannotImport(`${file}: ${failure}`);
      return {
        file,
        resource,
        rows,
        created,
        updated,
        skipped,
        failed,
        incomplete,
        errors: failed || incomplete ? await this.errors(id) : [],
      };
    });
  }

  private async start(me: Actor, path: string, { file, ...as }: RecordsFile, source: string, dryRun: boolean): Promise<string> {
    const { resource, date_format, duplicate_policy, match_on, ...mapping } = as;
    const key = fileKey(me.organization!.id, 'uploads', uuidv7());
    const size = await this.storage.put(key, createReadStream(path), { type: 'text/csv' });
    const fields = { resource, mapping, date_format, duplicate_policy, match_on, source, dry_run: dryRun };
    const start = new StartImport({ fields, file: { key, name: file, size, sha256: '' } }, false);
    try {
      return (await actingAs(me, () => this.bus.run(start))).id;
    } catch (error) {
      await this.storage.delete(key);
      throw error instanceof Refusal ? new CannotImport(`${file}: ${error.message}`) : error;
    }
  }

  private async errors(id: string): Promise<string[]> {
    const { content } = await this.bus.run(new ImportErrors(id));
    const [, ...lines] = (await text(content)).trimEnd().split('\r\n');
    return lines.map((line) => line.replace(',', ' ').replace(',', ': '));
  }
}

const asSystem = <T>({ organization: facts, userId }: Actor, work: () => Promise<T>): Promise<T> => actingAs(system(facts, userId), work);

/** The files of the mapping that are there, in its order. */
async function filesOf(path: string, { files }: MappingFile): Promise<{ at: string; as: MappingFile['files'][number] }[]> {
  const folder = await stat(path).then(
    (found) => found.isDirectory(),
    () => {
      throw new CannotImport(`There is no ${path}.`);
    },
  );
  const names = folder ? await readdir(path) : [basename(path)];
  const found = files.filter(({ file }) => names.includes(file));
  if (!found.length)
    throw new CannotImport(`The mapping is about ${files.map(({ file }) => file).join(', ')}, and ${path} is none of them.`);
  return found.map((as) => ({ at: join(folder ? path : dirname(path), as.file), as }));
}
