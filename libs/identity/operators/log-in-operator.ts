import { actor, after, Command, email, EntityManager, Handles, now, unauthenticated, uuidv7 } from '#kernel';
import { LockMode } from '@mikro-orm/core';
import { z } from 'zod';
import { forgiven, type Known, wrongCredentials } from '../sessions/credentials.ts';
import { Ended } from '../sessions/log-out.ts';
import { type LoginForm, prove } from '../sessions/proof.ts';
import { proven, tokenRoute } from '../sessions/token-route.ts';
import { ACCESS_SECONDS, Tokens } from '../tokens.ts';
import { Operator, OperatorSession } from './operator.ts';

const OperatorLogin = z.strictObject({ email: email().check, password: z.string().min(1).max(1000) }).meta({ id: 'OperatorLogin' });
const OperatorLoggedIn = z
  .object({ access_token: z.string(), token_type: z.literal('bearer'), expires_in: z.int() })
  .meta({ id: 'OperatorLoggedIn' });

/** Opens an operator's session, which ends with its token: there is nothing to refresh. */
export class LogInOperator extends Command<z.output<typeof OperatorLoggedIn>> {
  constructor(readonly who: Known) {
    super();
  }
}

@Handles(LogInOperator, 'system')
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly tokens: Tokens,
  ) {}

  async execute({ who }: LogInOperator) {
    await forgiven(this.em, who.account);
    // Whom the terminal has shut out meanwhile, or given another password, has proved nothing.
    const still = { id: who.id, passwordHash: who.proved, disabledAt: null };
    const operator = await this.em.findOne(Operator, still, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (!operator) throw wrongCredentials();
    if (who.passwordHash) operator.passwordHash = who.passwordHash;
    const session = this.em.create(OperatorSession, {
      id: uuidv7(),
      operatorId: operator.id,
      expiresAt: after(now(), { seconds: ACCESS_SECONDS }),
    });
    const token = await this.tokens.sign({ sub: operator.id, sid: session.id }, 'tessera-operator');
    return { access_token: token, token_type: 'bearer' as const, expires_in: ACCESS_SECONDS };
  }
}

/** Ends the operator's session before its time. */
export class LogOutOperator extends Command<z.output<typeof Ended>> {}

@Handles(LogOutOperator, 'operator')
class LogOutHandler {
  constructor(private readonly em: EntityManager) {}

  async execute() {
    const session = await this.em.findOne(OperatorSession, { id: actor().sessionId ?? null });
    if (!session) throw unauthenticated();
    session.revokedAt = now();
    return { ended: 1 };
  }
}

export const logInOperator = tokenRoute<LoginForm>(
  'login',
  {
    does: 'Sign in as the operator of the deployment',
    body: OperatorLogin,
    answers: OperatorLoggedIn,
    example: { email: 'operator@example.com', password: 'correct horse battery' },
    problems: ['auth.wrong_credentials', 'auth.locked'],
  },
  async (form, { http, bus }) => {
    http.body = form;
    const who = await prove<Known>('operator-local', http);
    return { result: await proven(() => bus.run(new LogInOperator(who))) };
  },
);
