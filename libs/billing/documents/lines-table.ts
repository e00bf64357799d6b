import type { Content, ContentTable, TableCell } from 'pdfmake/interfaces.js';
import type { Figures } from './figures.ts';
import { GREY, ruled, type Sheet, SMALL, type Style, text } from './paper.ts';
import type { InvoiceRow } from './printed.ts';

/** What is sold, line by line; the last one on the page of the totals where they would begin a page alone. */
export function lines(sheet: Sheet, lastLineDown: boolean): Content[] {
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
