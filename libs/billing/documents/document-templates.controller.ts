import { controller, crud, del, post, upload } from '#kernel';
import { CreateDocumentTemplate } from './create-document-template.ts';
import { DeleteDocumentTemplate } from './delete-document-template.ts';
import {
  DocumentTemplate,
  DocumentTemplateChanges,
  documentTemplateList,
  DocumentTemplateView,
  NewDocumentTemplate,
  TemplateToPreview,
} from './document-template.ts';
import { PreviewStoredTemplate, PreviewTemplate } from './preview-template.ts';
import { LOGO, LogoFields } from './logo.ts';
import { RemoveLogo, SetLogo } from './set-logo.ts';
import { UpdateDocumentTemplate } from './update-document-template.ts';

const design = { locale: 'de-DE', accent_color: '#0b6e4f', payment_terms: 'Zahlbar ohne Abzug.', footer: 'Es gilt unsere Hausordnung.' };
/** A file, which is not kept for Idempotency-Key: nothing happens, so it may well be made again. */
const pdf = { answers: 'file', status: 200, secret: true } as const;

export const DocumentTemplatesController = controller(
  'document-templates',
  {
    preview: post('preview', PreviewTemplate, {
      ...pdf,
      does: 'Print made-up figures in a design, without storing anything',
      body: TemplateToPreview,
      example: design,
    }),
    ...crud({
      of: DocumentTemplate,
      called: 'a document template',
      view: DocumentTemplateView,
      list: documentTemplateList,
      create: [CreateDocumentTemplate, NewDocumentTemplate, { name: 'German', ...design }],
      update: [UpdateDocumentTemplate, DocumentTemplateChanges, { accent_color: '#7a1f3d' }],
      remove: DeleteDocumentTemplate,
    }),
    previewStored: post(':id/preview', PreviewStoredTemplate, { ...pdf, does: 'Print made-up figures with a document template' }),
    setLogo: upload(':id/logo', SetLogo, {
      does: 'Give a document template a logo: PNG or JPEG, up to 512 KiB',
      body: LogoFields,
      upload: LOGO,
      answers: DocumentTemplateView as never,
      problems: ['logo.unfit'],
    }),
    removeLogo: del(':id/logo', RemoveLogo, {
      does: 'Take the logo off a document template',
      answers: DocumentTemplateView as never,
      when: ({ has_logo: has }) => has === true,
    }),
  },
  { of: DocumentTemplate },
);
