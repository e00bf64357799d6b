import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '#kernel';
import { BillingEntity, noBillingEntity } from './billing-entity.ts';

/** Who sells where nobody else is named. @throws billing_entity.missing */
export async function defaultEntity(em: EntityManager): Promise<BillingEntity> {
  const found = await em.findOne(BillingEntity, { isDefault: true });
  if (!found) throw noBillingEntity();
  return found;
}

/** Makes room for another default: the database allows one at a time, so the former one goes first. */
export async function becomesDefault(em: EntityManager): Promise<void> {
  const former = await em.findOne(BillingEntity, { isDefault: true }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (!former) return;
  former.isDefault = false;
  await em.flush();
}

/** The zone whose days count where no invoice names one. */
export const zoneOf = async (em: EntityManager): Promise<string> => (await defaultEntity(em)).timeZone;
