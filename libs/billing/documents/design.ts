import { z } from 'zod';

export const PAGE_SIZES = ['A4', 'LETTER'] as const;

/** What a template makes of a document, in the form in which it is kept. */
export const DesignShown = z.object({
  locale: z.string(),
  page_size: z.enum(PAGE_SIZES),
  accent_color: z.string(),
  intro: z.string().nullable(),
  payment_terms: z.string().nullable(),
  footer: z.string().nullable(),
  /** The storage key of its logo. */
  logo: z.string().nullable(),
});
export type Design = z.output<typeof DesignShown>;

/** The same as fields of a template. */
export interface DesignFields {
  locale: string;
  pageSize: (typeof PAGE_SIZES)[number];
  accentColor: string;
  intro?: string | null;
  paymentTerms?: string | null;
  footer?: string | null;
  logo?: string | null;
}
export const designOf = ({ locale, pageSize, accentColor, intro, paymentTerms, footer, logo }: DesignFields): Design => ({
  locale,
  page_size: pageSize,
  accent_color: accentColor,
  intro: intro ?? null,
  payment_terms: paymentTerms ?? null,
  footer: footer ?? null,
  logo: logo ?? null,
});

export const ACCENT = '#1f3a5f';
/** For what was issued without a template, and for what a preview does not say. */
export const STANDARD: DesignFields = { locale: 'en', pageSize: 'A4', accentColor: ACCENT };
