import { Command, EntityManager, Handles, now } from '#kernel';
import type { Operator } from './operator.ts';
import { endSessionsOf, presentOperator } from './present-operator.ts';

/** Shuts an operator out, from the terminal only: his sessions end, and he cannot log in. */
export class DisableOperator extends Command<Operator> {
  constructor(readonly email: string) {
    super();
  }
}

@Handles(DisableOperator, 'system')
class DisableHandler {
  constructor(private readonly em: EntityManager) {}

  async execute({ email }: DisableOperator) {
    const operator = await presentOperator(this.em, email);
    operator.disabledAt ??= now();
    await endSessionsOf(this.em, operator);
    return operator;
  }
}

/** Lets a disabled operator log in again, with the password he had. */
export class EnableOperator extends Command<Operator> {
  constructor(readonly email: string) {
    super();
  }
}

@Handles(EnableOperator, 'system')
class EnableHandler {
  constructor(private readonly em: EntityManager) {}

  async execute({ email }: EnableOperator) {
    const operator = await presentOperator(this.em, email);
    operator.disabledAt = null;
    return operator;
  }
}
