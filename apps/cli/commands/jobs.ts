import { Outbox, Promises, type Waiting } from '#kernel';
import { Command, CommandRunner, Option, SubCommand } from 'nest-commander';
import { application } from '../application.ts';
import { show } from '../terminal.ts';

const LIMIT = 200;

@SubCommand({ name: 'list', description: 'Messages and promises that have failed and wait for another try; with --all whatever waits' })
export class JobsListCommand extends CommandRunner {
  async run(_: string[], { all, json }: { all?: boolean; json?: boolean }) {
    const rows = await application(async (app) => {
      const [messages, promises] = [app.get(Outbox), app.get(Promises)];
      const kind = (name: string) => (row: Waiting) => ({ kind: name, ...row });
      const options = { all, limit: LIMIT };
      return [...(await messages.list(options)).map(kind('message')), ...(await promises.list(options)).map(kind('promise'))];
    });
    show(rows, { json, nothing: all ? 'Nothing waits' : 'Nothing has failed' });
    if (rows.length >= LIMIT && !json) console.log(`The first ${LIMIT} of each kind.`);
  }

  @Option({ flags: '--all', description: 'also what has not failed' })
  all() {
    return true;
  }

  @Option({ flags: '--json', description: 'for programs' })
  json() {
    return true;
  }
}

@SubCommand({ name: 'retry', arguments: '[id]', description: 'Try what has failed again at once: one piece of work, or all of it' })
export class JobsRetryCommand extends CommandRunner {
  async run([id]: string[]) {
    const retried = await application(async (app) => (await app.get(Outbox).retry(id)) + (await app.get(Promises).retry(id)));
    if (id && !retried) throw new Error(`Nothing that has failed has the id ${id}.`);
    console.log(retried ? `Trying ${retried} again` : 'Nothing has failed');
  }
}

@Command({ name: 'jobs', description: 'Work that waits', subCommands: [JobsListCommand, JobsRetryCommand] })
export class JobsCommand extends CommandRunner {
  async run() {
    this.command.help();
  }
}
