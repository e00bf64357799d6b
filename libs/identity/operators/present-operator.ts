import { type EntityManager, missing, now } from '#kernel';
import { LockMode } from '@mikro-orm/core';
import { Operator, OperatorSession } from './operator.ts';

/** An operator by his e-mail, disabled or not, locked until the commit. @throws not_found */
export async function presentOperator(em: EntityManager, address: string): Promise<Operator> {
  const operator = await em.findOne(Operator, { email: address.trim().toLowerCase() }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (!operator) throw missing(Operator.label);
  return operator;
}

/** Ends what he has open: his next request is refused. */
export async function endSessionsOf(em: EntityManager, { id: operatorId }: Operator): Promise<void> {
  for (const session of await em.find(OperatorSession, { operatorId, revokedAt: null, expiresAt: { $gt: now() } }))
    session.revokedAt = now();
}
