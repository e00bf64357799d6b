import { actingAs, Bus, exportOf, Organizations, system } from '#kernel';
import { Command, CommandRunner, Option } from 'nest-commander';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { application } from '../application.ts';

@Command({ name: 'export', arguments: '<resource>', description: 'All records of a resource (contacts, deals …) as a file' })
export class ExportCommand extends CommandRunner {
  async run([resource]: string[], { organization: named, format, out }: { organization?: string; format?: string; out?: string }) {
    if (!named) throw new Error('Name the organization: --organization <its id or slug>.');
    await application(async (app) => {
      const organization = await app.get(Organizations).named(named);
      const bus = app.get(Bus);
      const { content } = await actingAs(system(organization), () => exportOf(bus, resource!, { format: format ?? 'csv' }));
      if (out) await pipeline(content, createWriteStream(out));
      else await pipeline(content, process.stdout, { end: false });
    });
    if (out) console.log(`Wrote ${out}`);
  }

  @Option({ flags: '--organization <name>', description: 'whose, by its id or slug' })
  organization(name: string) {
    return name;
  }

  @Option({ flags: '--format <format>', description: 'csv, xlsx or json; csv unless given' })
  format(name: string) {
    return name;
  }

  @Option({ flags: '--out <file>', description: 'write it there, not to the output' })
  out(file: string) {
    return file;
  }
}
