import { Command, EntityManager, Handles } from '#kernel';
import type { z } from 'zod';
import { DocumentTemplate, type NewDocumentTemplate } from './document-template.ts';
import { becomesDefaultTemplate, redrawn } from './templates.ts';

export class CreateDocumentTemplate extends Command<DocumentTemplate> {
  constructor(readonly input: z.output<typeof NewDocumentTemplate>) {
    super();
  }
}

@Handles(CreateDocumentTemplate, 'create', DocumentTemplate)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ input }: CreateDocumentTemplate) {
    if (input.isDefault) await becomesDefaultTemplate(this.em);
    return redrawn(this.em, this.em.create(DocumentTemplate, input));
  }
}
