import { Command, EntityManager, Handles, load } from '#kernel';
import type { z } from 'zod';
import { DocumentTemplate, type DocumentTemplateChanges, defaultTemplateStays } from './document-template.ts';
import { becomesDefaultTemplate, redrawn } from './templates.ts';

/** Changes a template for what is issued from now on; what was issued stays as it is. */
export class UpdateDocumentTemplate extends Command<DocumentTemplate> {
  constructor(
    readonly id: string,
    readonly changes: z.output<typeof DocumentTemplateChanges>,
  ) {
    super();
  }
}

@Handles(UpdateDocumentTemplate, 'update', DocumentTemplate)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, changes }: UpdateDocumentTemplate) {
    const template = await load(this.em, DocumentTemplate, id);
    if (template.isDefault && changes.isDefault === false) throw defaultTemplateStays();
    if (!template.isDefault && changes.isDefault) await becomesDefaultTemplate(this.em);
    return redrawn(this.em, Object.assign(template, changes));
  }
}
