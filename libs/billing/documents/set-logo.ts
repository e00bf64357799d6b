import { Command, EntityManager, Handles, load, Storage, type Upload } from '#kernel';
import type { z } from 'zod';
import { DocumentTemplate } from './document-template.ts';
import { fitLogo, type LogoFields } from './logo.ts';
import { redrawn } from './templates.ts';

/** Gives a template a logo, which is printed instead of the seller's. @throws logo.unfit */
export class SetLogo extends Command<DocumentTemplate> {
  constructor(
    readonly id: string,
    readonly input: Upload<z.output<typeof LogoFields>>,
  ) {
    super();
  }
}

@Handles(SetLogo, 'update', DocumentTemplate)
class SetHandler {
  constructor(
    private readonly em: EntityManager,
    private readonly storage: Storage,
  ) {}
  async execute({ id, input: { file } }: SetLogo) {
    const logo = await fitLogo(this.storage, file.key);
    const template = await load(this.em, DocumentTemplate, id);
    template.logo = logo;
    return redrawn(this.em, template);
  }
}

export class RemoveLogo extends Command<DocumentTemplate> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(RemoveLogo, 'update', DocumentTemplate)
class RemoveHandler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id }: RemoveLogo) {
    const template = await load(this.em, DocumentTemplate, id);
    template.logo = null;
    return redrawn(this.em, template);
  }
}
