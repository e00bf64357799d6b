import { Command, EntityManager, Handles, load } from '#kernel';
import { DocumentTemplate, defaultTemplateStays } from './document-template.ts';

export class DeleteDocumentTemplate extends Command<DocumentTemplate> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(DeleteDocumentTemplate, 'delete', DocumentTemplate)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id }: DeleteDocumentTemplate) {
    const template = await load(this.em, DocumentTemplate, id);
    if (template.isDefault) throw defaultTemplateStays();
    template.remove();
    return template;
  }
}
