import type { Column, CustomTableLayout } from 'pdfmake/interfaces.js';
import type { Design } from './design.ts';
import type { Figures } from './figures.ts';
import type { Labels } from './labels.ts';
import { written } from './press.ts';
import type { InvoiceRow } from './printed.ts';

export type Style = Partial<Extract<Column, { text: unknown }>>;
/** What every part of a page needs. */
export interface Sheet {
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

export const GREY = '#666666';
const LINE = '#d5d9de';
export const MARGIN = 42;
/** Points. */
export const SMALL = 8;

/** Text in the scripts it is written in. */
export const text = (value: string, style: Style = {}): Column => ({ ...style, text: written(value) }) as Column;

/** A table with a line under its head in this colour, and thin ones between its rows. */
export const ruled = (color: string): CustomTableLayout => ({
  hLineWidth: (at, { table }) => (at === 0 ? 0 : at === 1 || at === table.body.length ? 0.8 : 0.4),
  vLineWidth: () => 0,
  hLineColor: (at) => (at === 1 ? color : LINE),
  paddingTop: () => 4,
  paddingBottom: () => 4,
  paddingLeft: () => 4,
  paddingRight: () => 4,
});
