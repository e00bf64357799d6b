import { Command, Download, EntityManager, Handles, load, organization, Storage, today } from '#kernel';
import { Readable } from 'node:stream';
import type { z } from 'zod';
import { sellerOf } from '../invoices/draft.ts';
import { sellerShown } from '../invoices/issue.ts';
import { type Design, designOf, STANDARD } from './design.ts';
import { DocumentTemplate, type TemplateToPreview } from './document-template.ts';
import { logoOf } from './logo.ts';
import { printedPdf } from './print.ts';
import { sampleOf } from './sample.ts';
import { withLogo } from './templates.ts';

/** A PDF of made-up figures in a design that need not be stored. Nothing is. */
export class PreviewTemplate extends Command<Download> {
  constructor(readonly input: z.output<typeof TemplateToPreview>) {
    super();
  }
}

@Handles(PreviewTemplate, 'read', DocumentTemplate)
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly storage: Storage,
  ) {}
  execute({ input: { billingEntityId, ...given } }: PreviewTemplate) {
    const design = designOf({ ...STANDARD, locale: organization().locale, ...given });
    return sampled(this.em, this.storage, design, billingEntityId);
  }
}

/** The same of a template as it is stored, with its logo. */
export class PreviewStoredTemplate extends Command<Download> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(PreviewStoredTemplate, 'read', DocumentTemplate)
class StoredHandler {
  constructor(
    private readonly em: EntityManager,
    private readonly storage: Storage,
  ) {}
  async execute({ id }: PreviewStoredTemplate) {
    const template = await load(this.em, DocumentTemplate, id);
    return sampled(this.em, this.storage, template.design(), template.billingEntityId);
  }
}

async function sampled(em: EntityManager, storage: Storage, design: Design, billingEntityId?: string | null): Promise<Download> {
  const seller = await sellerOf(em, billingEntityId ?? undefined);
  const invoice = sampleOf(seller.currency, sellerShown(seller), today(seller.timeZone));
  const pdf = await printedPdf({ invoice, design, logo: await logoOf(storage, withLogo(design, seller.logo).logo) });
  return new Download('preview.pdf', 'application/pdf', Readable.from([pdf]));
}
