import { CreateUser, ResetPassword } from '#identity';
import { actingAs, Bus, system } from '#kernel';
import { Command, CommandRunner, Option, SubCommand } from 'nest-commander';
import { application } from '../application.ts';

@SubCommand({
  name: 'create',
  arguments: '<e-mail>',
  description: 'Make an account; without a password its owner gets a letter with a link to choose one',
})
export class CreateUserCommand extends CommandRunner {
  async run([email]: string[], { name = email!, password }: { name?: string; password?: string }) {
    const user = await application((app) =>
      actingAs(system(null), () => app.get(Bus).run(new CreateUser({ email: email!, name, password }))),
    );
    console.log(`Made ${user.email} (${user.id})${password ? '' : '; a letter with a link is on its way'}`);
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

@SubCommand({
  name: 'reset-password',
  arguments: '<e-mail>',
  description: 'Set a password, or send its owner a link to choose one; all sessions end',
})
export class ResetPasswordCommand extends CommandRunner {
  async run([email]: string[], { password }: { password?: string }) {
    await application((app) => actingAs(system(null), () => app.get(Bus).run(new ResetPassword(email!, password))));
    console.log(password ? `Set the password of ${email}` : `A letter with a link is on its way to ${email}`);
  }

  @Option({ flags: '--password <password>', description: 'at least 8 characters' })
  password(text: string) {
    return text;
  }
}

@Command({ name: 'user', description: 'Accounts', subCommands: [CreateUserCommand, ResetPasswordCommand] })
export class UserCommand extends CommandRunner {
  async run() {
    this.command.help();
  }
}
