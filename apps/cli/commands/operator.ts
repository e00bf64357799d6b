import { CreateOperator } from '#identity';
import { actingAs, Bus, system } from '#kernel';
import { Command, CommandRunner, Option, SubCommand } from 'nest-commander';
import { randomBytes } from 'node:crypto';
import { application } from '../application.ts';

@SubCommand({
  name: 'create',
  arguments: '<e-mail>',
  description: 'Make an operator of this deployment; without a password one is invented and printed',
})
export class CreateOperatorCommand extends CommandRunner {
  async run([email]: string[], { name = email!, password }: { name?: string; password?: string }) {
    const secret = password ?? randomBytes(18).toString('base64url');
    const input = { email: email!, name, password: secret };
    const operator = await application((app) => actingAs(system(null), () => app.get(Bus).run(new CreateOperator(input))));
    console.log(`Made operator ${operator.email}${password ? '' : ` with the password ${secret}`}`);
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

@Command({ name: 'operator', description: 'Whoever runs the deployment', subCommands: [CreateOperatorCommand] })
export class OperatorCommand extends CommandRunner {
  async run() {
    this.command.help();
  }
}
