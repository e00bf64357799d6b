import { Command, EntityManager, Handles } from '#kernel';
import { hashPassword } from '../passwords.ts';
import { unlock } from '../sessions/credentials.ts';
import { goodPassword } from '../users/good-password.ts';
import type { Operator } from './operator.ts';
import { endSessionsOf, presentOperator } from './present-operator.ts';

/** Sets an operator's password, from the terminal only; his sessions end, and what wrong passwords have locked is open again. */
export class ResetOperatorPassword extends Command<Operator> {
  constructor(
    readonly email: string,
    readonly password: string,
  ) {
    super();
  }
}

@Handles(ResetOperatorPassword, 'system')
class Handler {
  constructor(private readonly em: EntityManager) {}

  async execute({ email, password }: ResetOperatorPassword) {
    const operator = await presentOperator(this.em, email);
    goodPassword(password, operator.email);
    operator.passwordHash = await hashPassword(password);
    await endSessionsOf(this.em, operator);
    await unlock(this.em, 'operator', operator.email);
    return operator;
  }
}
