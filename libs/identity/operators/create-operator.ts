import { Command, email, EntityManager, Handles, problem, text } from '#kernel';
import { z } from 'zod';
import { hashPassword } from '../passwords.ts';
import { goodPassword } from '../users/good-password.ts';
import { Operator } from './operator.ts';

export const operatorExists = problem('operator.exists', 409, 'There is an operator with this e-mail already');

const NewOperator = z.strictObject({ email: email().check, name: text({ max: 200 }).check, password: z.string().max(1000) });

/** Makes an operator, from the terminal of the deployment only. */
export class CreateOperator extends Command<Operator> {
  constructor(readonly input: z.input<typeof NewOperator>) {
    super();
  }
}

@Handles(CreateOperator, 'system')
class Handler {
  constructor(private readonly em: EntityManager) {}

  async execute({ input }: CreateOperator) {
    const { email: address, name, password } = NewOperator.parse(input);
    goodPassword(password, address);
    if (await this.em.count(Operator, { email: address })) throw operatorExists();
    return this.em.create(Operator, { email: address, name, passwordHash: await hashPassword(password) });
  }
}
