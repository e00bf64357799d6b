import { Command, EntityManager, Handles, load, Storage, type Upload } from '#kernel';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { DocumentTemplate, logoUnfit } from './document-template.ts';
import { imageIn, isSoundPng } from './image.ts';
import { printedPdf } from './print.ts';
import { designOf, STANDARD } from './design.ts';
import { sampleOf } from './sample.ts';
import { redrawn } from './templates.ts';

export const LOGO = { types: ['image/png', 'image/jpeg'], limit: 512 << 10 };
export const LogoFields = z.strictObject({}).meta({ id: 'DocumentTemplateLogo' });
const LONGEST_SIDE = 2000;

/**
 * Gives a template a logo. What it is, is told by the file itself, and it is printed once to see that it can be. The file stays when another
 * logo follows: documents that were issued with it need it.
 * @throws document_template.logo_unfit
 */
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
    const template = await load(this.em, DocumentTemplate, id);
    const logo = await buffer(await this.storage.get(file.key));
    const image = imageIn(logo);
    if (!image || Math.max(image.width, image.height) > LONGEST_SIDE || !image.width || !image.height) throw logoUnfit();
    if (image.type === 'png' && !(await isSoundPng(logo))) throw logoUnfit();
    await printedPdf({ invoice: sampleOf('EUR', null, '2026-01-01'), design: designOf(STANDARD), logo }).catch(() => {
      throw logoUnfit('This image cannot be printed');
    });
    template.logo = file.key;
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
