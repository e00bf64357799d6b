import { CreateOperator, DisableOperator, EnableOperator, ListOperators, ResetOperatorPassword } from '#identity';
import { actingAs, Bus, type Command as UseCase, type Query, system } from '#kernel';
import { Command, CommandRunner, Option, SubCommand } from 'nest-commander';
import { randomBytes } from 'node:crypto';
import { application } from '../application.ts';
import { show } from '../terminal.ts';

const run = <R>(message: UseCase<R> | Query<R>): Promise<R> =>
  application((app) => actingAs(system(null), () => app.get(Bus).run(message)));
const invented = () => randomBytes(18).toString('base64url');
/** What was invented is shown once. */
const withIt = (password: string | undefined, secret: string) => (password ? '' : ` with the password ${secret}`);

@SubCommand({
  name: 'create',
  arguments: '<e-mail>',
  description: 'Make an operator of this deployment; without a password one is invented and printed',
})
export class CreateOperatorCommand extends CommandRunner {
  async run([email]: string[], { name = email!, password }: { name?: string; password?: string }) {
    const secret = password ?? invented();
    const operator = await run(new CreateOperator({ email: email!, name, password: secret }));
    console.log(`Made operator ${operator.email}${withIt(password, secret)}`);
  }

  @Option({ flags: '--name <name>', description: 'the e-mail unless given' })
  name(text: string) {
    return text;
  }
  @Option({ flags: '--password <password>', description: 'at least 8 characters' })
  password(text: string) {
    return text;
  }
}

@SubCommand({ name: 'list', description: 'All operators' })
export class ListOperatorsCommand extends CommandRunner {
  async run(_: string[], { json }: { json?: boolean }) {
    const rows = await run(new ListOperators());
    show(
      rows.map(({ email, name, disabled }) => ({ email, name, disabled })),
      { json, nothing: 'There are no operators' },
    );
  }

  @Option({ flags: '--json', description: 'for programs' })
  json() {
    return true;
  }
}

@SubCommand({
  name: 'reset-password',
  arguments: '<e-mail>',
  description: 'Set a password, or have one invented and printed; all sessions end, and a locked account is open again',
})
export class ResetOperatorPasswordCommand extends CommandRunner {
  async run([email]: string[], { password }: { password?: string }) {
    const secret = password ?? invented();
    const operator = await run(new ResetOperatorPassword(email!, secret));
    console.log(`Reset operator ${operator.email}${withIt(password, secret)}`);
  }

  @Option({ flags: '--password <password>', description: 'at least 8 characters' })
  password(text: string) {
    return text;
  }
}

@SubCommand({ name: 'disable', arguments: '<e-mail>', description: 'Shut an operator out; all sessions end' })
export class DisableOperatorCommand extends CommandRunner {
  async run([email]: string[]) {
    console.log(`Disabled operator ${(await run(new DisableOperator(email!))).email}`);
  }
}

@SubCommand({ name: 'enable', arguments: '<e-mail>', description: 'Let a disabled operator log in again' })
export class EnableOperatorCommand extends CommandRunner {
  async run([email]: string[]) {
    console.log(`Enabled operator ${(await run(new EnableOperator(email!))).email}`);
  }
}

@Command({
  name: 'operator',
  description: 'Whoever runs the deployment',
  subCommands: [CreateOperatorCommand, ListOperatorsCommand, ResetOperatorPasswordCommand, DisableOperatorCommand, EnableOperatorCommand],
})
export class OperatorCommand extends CommandRunner {
  async run() {
    this.command.help();
  }
}
