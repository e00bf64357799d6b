import { Command, EntityManager, Handles } from '#kernel';
import { DocumentTemplate } from './document-template.ts';
import { redrawn } from './templates.ts';

/** Every organization can print from its first minute, in its own language. */
export class FurnishDocuments extends Command<DocumentTemplate> {}

@Handles(FurnishDocuments, 'system')
class Handler {
  constructor(private readonly em: EntityManager) {}
  execute() {
    return Promise.resolve(redrawn(this.em, this.em.create(DocumentTemplate, { name: 'Standard', isDefault: true })));
  }
}
