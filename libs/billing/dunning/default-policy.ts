import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '#kernel';
import { DunningPolicy, dunningScope } from './dunning-policy.ts';

/** Makes room for another default: the database allows one at a time, so the former one goes first. */
export async function becomesDefaultPolicy(em: EntityManager): Promise<void> {
  const former = await em.findOne(DunningPolicy, { isDefault: true }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (!former) return;
  former.isDefault = false;
  await em.flush();
}

/** @throws dunning_policy.scope */
export function scoped(policy: DunningPolicy): DunningPolicy {
  if (policy.isDefault && policy.billingEntityId) throw dunningScope();
  return policy;
}

/** Which policy counts for what a billing entity sells; null when nobody is to be reminded. */
export async function policies(em: EntityManager): Promise<(billingEntityId: string) => DunningPolicy | null> {
  const all = await em.find(DunningPolicy, {});
  return (id) => {
    const found = all.find(({ billingEntityId }) => billingEntityId === id) ?? all.find(({ isDefault }) => isDefault);
    return found?.active ? found : null;
  };
}
