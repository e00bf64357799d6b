import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '#kernel';
import { type Design, designOf, STANDARD } from './design.ts';
import { DocumentDesign } from './document-design.ts';
import { DocumentTemplate, templateScope } from './document-template.ts';

/** Makes room for another default: the database allows one at a time, so the former one goes first. */
export async function becomesDefaultTemplate(em: EntityManager): Promise<void> {
  const former = await em.findOne(DocumentTemplate, { isDefault: true }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (!former) return;
  former.isDefault = false;
  await em.flush();
}

/** Keeps what a template looks like now, for what is issued from here on. @throws document_template.scope */
export function redrawn(em: EntityManager, template: DocumentTemplate): DocumentTemplate {
  if (template.isDefault && template.billingEntityId) throw templateScope();
  template.designId = em.create(DocumentDesign, { design: template.design() }).id;
  return template;
}

/** Which design counts for what a billing entity sells; null for the standard one. */
export async function designs(em: EntityManager): Promise<(billingEntityId: string) => string | null> {
  const all = await em.find(DocumentTemplate, {});
  return (id) => {
    const found = all.find(({ billingEntityId }) => billingEntityId === id) ?? all.find(({ isDefault }) => isDefault);
    return found?.designId ?? null;
  };
}

/** A design has the seller's logo where it has none of its own. */
export const withLogo = (design: Design, sellerLogo: string | null): Design => ({ ...design, logo: design.logo ?? sellerLogo });

/** A design by its id; the standard one for none. */
export async function designBy(em: EntityManager, id: string | null): Promise<Design> {
  const found = id && (await em.findOne(DocumentDesign, { id }));
  return found ? found.design : designOf(STANDARD);
}
