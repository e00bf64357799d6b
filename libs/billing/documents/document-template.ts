import { choice, entity, Field, flag, List, locale, note, organization, problem, ref, text, uuid } from '#kernel';
import { z } from 'zod';
import { BillingEntity } from '../billing-entities/billing-entity.ts';
import { ACCENT, type Design, designOf, PAGE_SIZES } from './design.ts';
import { languages } from './labels.ts';

const color = () =>
  new Field<string>(
    'text',
    { type: 'string', length: 7 },
    z
      .string()
      .regex(/^#[0-9a-fA-F]{6}$/, 'a color such as #1f3a5f')
      .toLowerCase(),
    z.string().meta({ example: ACCENT }),
  );

/**
 * How invoices, credit notes and proformas look. The default one counts where a billing entity has none of its own. A change is for what is
 * issued from then on: see document-design.ts.
 */
export class DocumentTemplate extends entity(
  'document_template',
  {
    name: text({ max: 100 }),
    isDefault: flag().or(false),
    billingEntityId: ref(() => BillingEntity)
      .optional()
      .describe('Only what this one sells'),
    locale: locale()
      .unlessGiven(() => organization().locale)
      .describe(
        `Figures and days are written as it is usual there, labels in its language: ${languages.join(', ')}, English else`,
        'de-AT',
      ),
    pageSize: choice(PAGE_SIZES, 'A4'),
    accentColor: color().or(ACCENT),
    intro: note({ max: 2000 }).optional().describe('Above the lines'),
    paymentTerms: note({ max: 1000 }).optional().describe('Beside the bank details'),
    footer: note({ max: 2000 }).optional().describe('At the end'),
    // The storage key; set by what uploads it.
    logo: text({ max: 300 }).optional(),
    // The document_design of how it looks now. Designs are never removed, so there is no reference to be checked.
    designId: uuid().optional(),
  },
  {
    unique: [
      { on: ['isDefault'], where: 'is_default' },
      { on: ['billingEntityId'], where: 'billing_entity_id is not null' },
    ],
    checks: { scope: 'not is_default or billing_entity_id is null' },
  },
) {
  design(): Design {
    return designOf(this);
  }
}
export const templateScope = problem('document_template.scope', 422, 'The default template is for every billing entity, not for one');
export const defaultTemplateStays = problem(
  'document_template.is_default',
  409,
  'The default template stays until another one is the default',
);

const DESIGN = ['locale', 'pageSize', 'accentColor', 'intro', 'paymentTerms', 'footer'] as const;
const WRITABLE = ['name', 'isDefault', 'billingEntityId', ...DESIGN] as const;
export const NewDocumentTemplate = DocumentTemplate.input(...WRITABLE).meta({ id: 'NewDocumentTemplate' });
export const DocumentTemplateChanges = DocumentTemplate.patch(...WRITABLE).meta({ id: 'DocumentTemplateChanges' });
export const TemplateToPreview = DocumentTemplate.patch('billingEntityId', ...DESIGN).meta({ id: 'DocumentTemplateToPreview' });
export const DocumentTemplateView = DocumentTemplate.view('id', ...WRITABLE, 'logo', 'createdAt', 'updatedAt', 'version')
  .and({ has_logo: [z.boolean(), (row: { logo: string | null }) => row.logo !== null] as const })
  .without('logo');
export const documentTemplateList = new List(DocumentTemplateView, {
  sorts: ['createdAt', 'name'],
  filters: ['name', 'isDefault', 'billingEntityId', 'createdAt'],
});
