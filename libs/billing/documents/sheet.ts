import type { Column, Content, ContentColumns, ContentTable, TableCell, TDocumentDefinitions } from 'pdfmake/interfaces.js';
import { type Figures, figuresIn } from './figures.ts';
import { filled, labelsOf } from './labels.ts';
import { lines } from './lines-table.ts';
import { GREY, MARGIN, type Sheet, SMALL, text } from './paper.ts';
import { written } from './press.ts';
import type { InvoiceRow, Printed } from './printed.ts';
import { runsLeft } from './script-runs.ts';
import { closing } from './sums.ts';

export interface Laying {
  /** Told when a page begins with the totals, so that no line stands above them. */
  torn?: () => void;
  /** The last line begins the page of the totals. */
  lastLineDown?: boolean;
}
/** The document as pdfmake lays it out. Without an issue it bears the mark of a draft. */
export function sheetOf({ invoice, design, logo, corrects }: Printed, { torn, lastLineDown = false }: Laying = {}): TDocumentDefinitions {
  const say = labelsOf(design.locale);
  const rtl = runsLeft(say.invoice);
  const sheet: Sheet = {
    invoice,
    design,
    say,
    figures: figuresIn(design.locale, invoice.currency),
    rtl,
    start: rtl ? 'right' : 'left',
    end: rtl ? 'left' : 'right',
    across: (...parts) => (rtl ? parts.reverse() : parts),
  };
  const draft = invoice.status === 'draft';
  return {
    pageSize: design.page_size,
    pageMargins: [MARGIN, MARGIN + 8, MARGIN, 64],
    version: '1.7',
    language: design.locale,
    displayTitle: true,
    defaultStyle: { font: 'Roboto', fontSize: 9, lineHeight: 1.15, alignment: sheet.start },
    info: informationOf(invoice, titleOf(sheet)),
    ...(logo ? { images: { logo: dataUrl(logo) } } : {}),
    ...(draft ? { watermark: mark(say.draft) } : {}),
    header: (page) => (page === 1 ? '' : text(headline(sheet), { margin: [MARGIN, 24, MARGIN, 0], alignment: sheet.end, color: GREY })),
    footer: (page, pages) => footerOf(sheet, page, pages),
    pageBreakBefore: ({ id }, nodes) => {
      if (id === 'last-line' && !nodes.getFollowingNodesOnPage().some((node) => node.id === 'totals')) torn?.();
      return false;
    },
    content: [
      head(sheet, logo !== undefined),
      parties(sheet),
      ...(corrects ? [correction(sheet, corrects)] : []),
      ...(design.intro ? [text(design.intro, { margin: [0, 0, 0, 12] })] : []),
      ...lines(sheet, lastLineDown && invoice.lines.length > 1),
      closing(sheet),
      ...payment(sheet),
      ...remarks(sheet),
    ],
  };
}

const titleOf = ({ invoice, say }: Sheet) => say[invoice.kind];
const headline = (sheet: Sheet) => [titleOf(sheet), sheet.invoice.number].filter(Boolean).join(' ');

/** It becomes the document's id, and stands in its XMP as it is: without what XML would take for its own. */
function informationOf({ number, issued_at, content_hash, id }: InvoiceRow, title: string): TDocumentDefinitions['info'] {
  const created = issued_at ? new Date(issued_at) : undefined;
  return {
    title: [title, number].filter(Boolean).join(' ').replace(/[<>&]/g, ' '),
    producer: 'Tessera',
    creator: 'Tessera',
    // Of a draft too, or the clock would be in it.
    creationDate: created ?? new Date(0),
    keywords: `${id} ${content_hash ?? ''}`.trim(),
  };
}

const dataUrl = (image: Buffer) => `data:image/${image[0] === 0x89 ? 'png' : 'jpeg'};base64,${image.toString('base64')}`;

function mark(label: string): TDocumentDefinitions['watermark'] {
  const runs = written(label);
  return { text: label, font: typeof runs === 'string' ? 'Roboto' : runs[0]!.font, color: GREY, opacity: 0.12, bold: true };
}

function head(sheet: Sheet, withLogo: boolean): Content {
  const { invoice, design, across, start, end } = sheet;
  const seller = invoice.seller?.name ?? '';
  return {
    columns: across<Column>(
      withLogo
        ? { image: 'logo', fit: [180, 64], alignment: start }
        : text(seller, { fontSize: 15, bold: true, color: design.accent_color, width: '*' }),
      {
        width: '*',
        stack: [
          text(titleOf(sheet), { fontSize: 20, bold: true, color: design.accent_color, alignment: end }),
          ...(invoice.number ? [text(invoice.number, { fontSize: 11, alignment: end, color: GREY })] : []),
        ],
      },
    ),
    columnGap: 24,
    margin: [0, 0, 0, 22],
  } as ContentColumns;
}

function parties(sheet: Sheet): Content {
  const { invoice, say, figures, across, end } = sheet;
  const { customer, seller } = invoice;
  const facts: [string, string | null | undefined][] = [
    [say.number, invoice.number],
    [say.issue_date, invoice.issue_date && figures.day(invoice.issue_date)],
    [say.due_date, invoice.kind === 'credit_note' ? null : invoice.due_date && figures.day(invoice.due_date)],
    [say.reference, invoice.reference],
  ];
  const from = seller ? [seller.name, ...addressLines(seller.address, figures)].join(' · ') : '';
  return {
    columns: across<Column>(
      {
        width: '*',
        stack: [
          text(from, { fontSize: 7, color: GREY, margin: [0, 0, 0, 6] }),
          text(say.bill_to, { fontSize: SMALL, color: GREY }),
          text(customer.name, { bold: true, fontSize: 11 }),
          ...addressLines(customer.address, figures).map((line) => text(line)),
          ...(customer.tax_id ? [text(`${say.vat_id}: ${customer.tax_id}`, { margin: [0, 4, 0, 0] })] : []),
        ],
      },
      {
        width: 210,
        table: {
          widths: across('auto', '*'),
          body: facts.flatMap(([label, value]) =>
            value ? [across<TableCell>(text(label, { color: GREY }), text(value, { alignment: end, bold: label === say.number }))] : [],
          ),
        },
        layout: 'noBorders',
      },
    ),
    columnGap: 24,
    margin: [0, 0, 0, 22],
  } as ContentColumns;
}

const addressLines = (address: InvoiceRow['customer']['address'], figures: Figures): string[] =>
  address
    ? [
        address.street,
        address.street2,
        [address.postal_code, address.city].filter(Boolean).join(' '),
        address.region,
        address.country && figures.country(address.country),
      ].filter((line): line is string => Boolean(line))
    : [];

function correction({ invoice, say, figures }: Sheet, { number, issue_date }: NonNullable<Printed['corrects']>): Content {
  const of = filled(say.corrects, { number, date: figures.day(issue_date) });
  return text(invoice.reason ? `${of}: ${invoice.reason}` : of, { margin: [0, 0, 0, 12] });
}

/** Where and until when to pay; a credit note asks for nothing. */
function payment({ invoice, design, say, figures, across }: Sheet): Content[] {
  const { bank_details: bank } = invoice.seller ?? {};
  if (invoice.kind === 'credit_note' || !/^[^-]*[1-9]/.test(invoice.totals.payable)) return [];
  const facts: [string, string | null | undefined][] = [
    [say.due_date, invoice.due_date && figures.day(invoice.due_date)],
    [say.account_holder, bank?.account_holder],
    ['IBAN', bank?.iban?.replace(/\s/g, '').replace(/(.{4})(?=.)/g, '$1 ')],
    ['BIC', bank?.bic],
    [say.bank, bank?.bank_name],
    [say.purpose, invoice.number],
  ];
  const rows = bank && Object.keys(bank).length ? facts.filter(([, value]) => value) : [];
  if (!rows.length && !design.payment_terms) return [];
  return [
    {
      unbreakable: true,
      margin: [0, 0, 0, 14],
      stack: [
        text(say.payment, { bold: true, color: design.accent_color, margin: [0, 0, 0, 3] }),
        ...(design.payment_terms ? [text(design.payment_terms, { margin: [0, 0, 0, 4] })] : []),
        ...(rows.length
          ? [
              {
                columns: across<Column>(
                  {
                    width: 'auto',
                    table: {
                      widths: across('auto', 'auto'),
                      body: rows.map(([label, value]) => across<TableCell>(text(label, { color: GREY }), text(value!))),
                    },
                    layout: {
                      defaultBorder: false,
                      paddingLeft: () => 0,
                      paddingRight: () => 12,
                      paddingTop: () => 1,
                      paddingBottom: () => 1,
                    },
                  } as ContentTable,
                  { text: '', width: '*' },
                ),
              } as ContentColumns,
            ]
          : []),
      ],
    },
  ];
}

function remarks({ invoice, design, say }: Sheet): Content[] {
  const { footer } = invoice.seller ?? {};
  return [
    ...(invoice.notes
      ? [text(say.notes, { bold: true, color: design.accent_color, margin: [0, 0, 0, 3] }), text(invoice.notes, { margin: [0, 0, 0, 14] })]
      : []),
    ...[footer, design.footer].flatMap((note) => (note ? [text(note, { fontSize: SMALL, color: GREY, margin: [0, 0, 0, 8] })] : [])),
  ];
}

function footerOf({ invoice, say, start, end, across }: Sheet, page: number, pages: number): Content {
  const { seller } = invoice;
  const who = [
    seller?.name,
    seller?.vat_id && `${say.vat_id} ${seller.vat_id}`,
    seller?.tax_number && `${say.tax_number} ${seller.tax_number}`,
    seller?.registration_number && `${say.registration_number} ${seller.registration_number}`,
    seller?.email,
  ].filter(Boolean);
  const style = { fontSize: 7, color: GREY };
  return {
    margin: [MARGIN, 14, MARGIN, 0],
    columnGap: 20,
    columns: across<Column>(text(who.join(' · '), { ...style, width: '*', alignment: start }), {
      ...(text(filled(say.page, { page: String(page), pages: String(pages) }), { ...style, alignment: end }) as object),
      width: 90,
    } as Content),
  } as ContentColumns;
}
