import type { Column, Content, ContentColumns, ContentTable, TableCell } from 'pdfmake/interfaces.js';
import { filled } from './labels.ts';
import { GREY, ruled, type Sheet, SMALL, type Style, text } from './paper.ts';
import type { Extra, InvoiceRow } from './printed.ts';

/** Taxes on one side, totals on the other: kept together as long as a page could hold them. */
export function closing(sheet: Sheet): Content {
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
