import type {
  Column,
  Content,
  ContentColumns,
  ContentTable,
  CustomTableLayout,
  TableCell,
  TDocumentDefinitions,
} from 'pdfmake/interfaces.js';
import type { InvoiceView } from '../invoices/invoice-view.ts';
import type { Design } from './design.ts';
import { type Figures, figuresIn } from './figures.ts';
import { filled, type Labels, labelsOf } from './labels.ts';
import { written } from './press.ts';
import { runsLeft } from './script-runs.ts';

type Row = ReturnType<typeof InvoiceView.show>;
type LinePrinted =
  | 'position'
  | 'description'
  | 'quantity'
  | 'unit'
  | 'unit_price'
  | 'discount_percent'
  | 'discount_amount'
  | 'total'
  | 'net'
  | 'tax_percent'
  | 'period_start'
  | 'period_end';
/** What is printed of an invoice: nothing that changes after its issue. */
export type InvoiceRow = Pick<
  Row,
  | 'id'
  | 'kind'
  | 'number'
  | 'status'
  | 'issue_date'
  | 'due_date'
  | 'currency'
  | 'prices_include_tax'
  | 'customer'
  | 'seller'
  | 'reference'
  | 'notes'
  | 'reason'
  | 'totals'
  | 'taxes'
  | 'issued_at'
  | 'content_hash'
> & { lines: Pick<Row['lines'][number], LinePrinted>[]; allowances: Extra[]; charges: Extra[] };
type Extra = Pick<Row['allowances'][number], 'reason' | 'net'>;

/** Everything that a document is made of, in wire form. The same always gives the same document. */
export interface Printed {
  invoice: InvoiceRow;
  design: Design;
  /** The content of the logo, PNG or JPEG. */
  logo?: Buffer | undefined;
  /** What a credit note corrects. */
  corrects?: { number: string; issue_date: string } | undefined;
}

type Style = Partial<Extract<Column, { text: unknown }>>;
/** What every part of a page needs. */
interface Sheet {
  invoice: InvoiceRow;
  design: Design;
  say: Labels;
  figures: Figures;
  /** Written from right to left: columns and sides change places. */
  rtl: boolean;
  start: 'left' | 'right';
  end: 'left' | 'right';
  /** Cells or columns in the order in which they are read. */
  across: <T>(...parts: T[]) => T[];
}

const [GREY, LINE] = ['#666666', '#d5d9de'];
const MARGIN = 42;
const SMALL = 8;

const text = (value: string, style: Style = {}): Column => ({ ...style, text: written(value) }) as Column;

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

const ruled = (color: string): CustomTableLayout => ({
  hLineWidth: (at, { table }) => (at === 0 ? 0 : at === 1 || at === table.body.length ? 0.8 : 0.4),
  vLineWidth: () => 0,
  hLineColor: (at) => (at === 1 ? color : LINE),
  paddingTop: () => 4,
  paddingBottom: () => 4,
  paddingLeft: () => 4,
  paddingRight: () => 4,
});

function lines(sheet: Sheet, lastLineDown: boolean): Content[] {
  const { invoice, design, say, figures, across, end } = sheet;
  const incl = invoice.prices_include_tax ? ` (${say.with_tax})` : '';
  const discounted = invoice.lines.some(({ discount_amount: amount }) => /[1-9]/.test(amount));
  const few = <T>(...cells: T[]) => across(...(discounted ? cells : cells.toSpliced(4, 1)));
  const side = (value: string, style: Style = {}) => text(value, { alignment: end, ...style });
  const figure = (value: string, style: Style = {}) => side(value, { noWrap: true, ...style });
  const heading = { bold: true, color: design.accent_color, fontSize: SMALL };
  const rows = invoice.lines.map((line, i) => {
    const last = i === invoice.lines.length - 1;
    const period = periodOf(line, figures);
    return few<TableCell>(
      figure(String(line.position), { color: GREY, ...(last ? { id: 'last-line' } : {}) }),
      {
        stack: [text(line.description), ...(period ? [text(period, { fontSize: SMALL, color: GREY })] : [])],
      },
      side(line.unit ? `${figures.quantity(line.quantity)} ${line.unit}` : figures.quantity(line.quantity)),
      figure(figures.price(line.unit_price)),
      figure(discountOf(line, figures)),
      figure(figures.percent(line.tax_percent)),
      figure(figures.amount(invoice.prices_include_tax ? line.total : line.net)),
    );
  });
  // Each table its own: pdfmake uses up what it lays out.
  const header = () =>
    few<TableCell>(
      side('#', heading),
      text(say.description, heading),
      side(say.quantity, heading),
      side(`${say.unit_price}${incl}`, heading),
      side(say.discount, heading),
      side(say.tax, heading),
      side(`${say.amount}${incl} ${invoice.currency}`, heading),
    );
  const table = (body: TableCell[][]): Content => ({
    table: {
      headerRows: 1,
      dontBreakRows: true,
      widths: few<string | number>('auto', '*', 'auto', 'auto', 'auto', 'auto', 'auto'),
      body: [header(), ...body],
    },
    layout: ruled(design.accent_color),
  });
  if (!lastLineDown) return [table(rows)];
  return [table(rows.slice(0, -1)), { ...(table(rows.slice(-1)) as ContentTable), pageBreak: 'before' }];
}

type Line = InvoiceRow['lines'][number];
const periodOf = ({ period_start: from, period_end: until }: Line, { day }: Figures): string =>
  [from, until && until !== from ? until : null].flatMap((one) => (one ? [day(one)] : [])).join(' – ');
function discountOf({ discount_percent: percent, discount_amount: amount }: Line, figures: Figures): string {
  if (percent !== null && /[1-9]/.test(percent)) return figures.percent(percent);
  return /[1-9]/.test(amount) ? figures.amount(amount) : '';
}

/** Taxes on one side, totals on the other: kept together as long as a page could hold them. */
function closing(sheet: Sheet): Content {
  const { invoice, across } = sheet;
  const rows = invoice.taxes.length + invoice.allowances.length + invoice.charges.length;
  return {
    stack: [{ columns: across<Column>(taxes(sheet), totals(sheet)), columnGap: 24 } as ContentColumns],
    unbreakable: rows < 25,
    margin: [0, 14, 0, 16],
  };
}

function totals(sheet: Sheet): Content {
  const { invoice, design, say, figures, across, end } = sheet;
  const { totals: sum, kind } = invoice;
  const given = (amount: string) => /[1-9]/.test(amount);
  const adjusted = invoice.allowances.length + invoice.charges.length > 0;
  const extra = (label: string, { reason }: Extra) => (reason ? `${label}: ${reason}` : label);
  const rows: [string, string, Style?][] = [
    ...(adjusted ? [[say.subtotal, sum.lines] as [string, string]] : []),
    ...invoice.allowances.map((one): [string, string] => [extra(say.allowance, one), negative(one.net)]),
    ...invoice.charges.map((one): [string, string] => [extra(say.charge, one), one.net]),
    [say.net, sum.net],
    ...invoice.taxes.map((one): [string, string] => [filled(say.tax_of, { percent: figures.percent(one.percent) }), one.tax]),
    [say.gross, sum.gross, given(sum.rounding) || given(sum.prepaid) ? { bold: true } : {}],
    ...(given(sum.rounding) ? [[say.rounding, sum.rounding] as [string, string]] : []),
    ...(given(sum.prepaid) ? [[say.prepaid, negative(sum.prepaid)] as [string, string]] : []),
  ];
  const due = { bold: true, fontSize: 11, color: design.accent_color };
  const body = rows.map(([label, amount, style = {}], i) =>
    across<TableCell>(
      { ...(text(label, style) as object), ...(i === 0 ? { id: 'totals' } : {}) } as Content,
      text(figures.amount(amount), { ...style, alignment: end, noWrap: true }),
    ),
  );
  body.push(
    across<TableCell>(
      text(kind === 'credit_note' ? say.credited : say.payable, due),
      text(figures.money(sum.payable), { ...due, alignment: end, noWrap: true }),
    ),
  );
  return {
    width: 240,
    table: { widths: across('*', 'auto'), body },
    layout: {
      hLineWidth: (at, { table }) => (at === table.body.length - 1 ? 0.8 : 0),
      vLineWidth: () => 0,
      hLineColor: () => design.accent_color,
      paddingTop: (at, { table }) => (at === table.body.length - 1 ? 5 : 2),
      paddingBottom: () => 2,
    },
  } as ContentTable;
}

/** The amount the other way round, as text. */
const negative = (amount: string) => (amount.startsWith('-') ? amount.slice(1) : /[1-9]/.test(amount) ? `-${amount}` : amount);

function taxes({ invoice, design, say, figures, across, end }: Sheet): Content {
  const heading = { bold: true, color: design.accent_color, fontSize: SMALL };
  const small = { fontSize: SMALL };
  const side = { ...small, alignment: end };
  const named = (category: InvoiceRow['taxes'][number]['category']) => (category === 'S' ? '' : say[category]);
  return {
    width: '*',
    table: {
      widths: across('*', 'auto', 'auto'),
      body: [
        across<TableCell>(
          text(say.tax, heading),
          text(say.taxable, { ...heading, alignment: end }),
          text(say.tax_amount, { ...heading, alignment: end }),
        ),
        ...invoice.taxes.map(({ category, percent, taxable, tax, exemption_reason: reason }) =>
          across<TableCell>(
            {
              stack: [
                text([figures.percent(percent), named(category)].filter(Boolean).join(' '), small),
                ...(reason ? [text(reason, { fontSize: 7, color: GREY })] : []),
              ],
            },
            text(figures.amount(taxable), side),
            text(figures.amount(tax), side),
          ),
        ),
      ],
    },
    layout: { ...ruled(design.accent_color), paddingTop: () => 2, paddingBottom: () => 2 },
  } as ContentTable;
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
