import fc from 'fast-check';
import { FONT_NAMES, type FontName, inVisualOrder, type Run, runsLeft, runsOf } from './script-runs.ts';

const INSTALLED = new Set<FontName>(['Roboto', 'Arabic', 'Hebrew']);
const runs = (text: string, known: ReadonlySet<FontName> = INSTALLED) => runsOf(text, known) as Run[];

it.each(['Harbour Clinic Ltd', 'Ελληνικά', 'Российская', 'İstanbul, Việt Nam', '1.234,50 €', ''])(
  '%s is written by Roboto as it is',
  (text) => {
    expect(runsOf(text, INSTALLED)).toBe(text);
  },
);

it('each script has its font, and what is between belongs to the word before it', () => {
  expect(runs('ABC شركة المثال 12').map(({ font, text }) => [font, text])).toEqual([
    ['Roboto', 'ABC '],
    ['Arabic', 'شركة المثال '],
    ['Roboto', '12'],
  ]);
  expect(runs('חברה بيت').map(({ font }) => font)).toEqual(['Hebrew', 'Arabic']);
});

it('levels are those of UAX 9: numbers within Arabic run from left to right', () => {
  expect(runs('بيت 12 بيت').map(({ level }) => level & 1)).toEqual([1, 0, 1, 1]);
  expect(runs('ABC בית').map(({ level }) => level)).toEqual([0, 1]);
});

it('brackets that are turned around look the other way', () => {
  expect(
    runs('(בית)')
      .map(({ text }) => text)
      .join(''),
  ).toBe(')בית(');
});

it('Han letters are written in the font of their language, where one is installed', () => {
  const fontsOf = (text: string, ...more: FontName[]) => [...new Set(runs(text, new Set([...INSTALLED, ...more])).map(({ font }) => font))];
  expect(fontsOf('有限公司', 'Han', 'Kana')).toEqual(['Han']);
  expect(fontsOf('株式会社サンプル', 'Han', 'Kana')).toEqual(['Kana']);
  expect(fontsOf('有限公司', 'Kana')).toEqual(['Kana']);
  expect(fontsOf('회사', 'Hangul')).toEqual(['Hangul']);
  expect(fontsOf('有限公司')).toEqual(['Roboto']);
});

it('whatever is written, every letter is, and nothing turns text around unseen', () => {
  const text = fc.string({
    unit: fc.oneof(fc.constantFrom(...'aZ 09.(ש ع٣،有あ한\n\u202e\u200f'), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 })),
    maxLength: 80,
  });
  fc.assert(
    fc.property(text, (given) => {
      const made = runsOf(given, new Set(FONT_NAMES));
      const all = typeof made === 'string' ? made : made.map((run) => run.text).join('');
      expect(all).not.toMatch(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/);
      const letters = (one: string) => one.replace(/[^\p{L}\p{N}]/gu, '');
      expect(letters(all)).toBe(letters(given));
    }),
  );
});

it('a word without end can be broken', () => {
  const parts = (text: string) => (runsOf(text, INSTALLED) as string).split('\u200b').map(({ length }) => length);
  expect(Math.max(...parts('x'.repeat(300)))).toBeLessThanOrEqual(24);
  expect(parts('Donaudampfschifffahrt')).toEqual([21]);
});

describe('the words of a line', () => {
  const word = (text: string, level: number) => ({
    text,
    level,
    width: text.length,
    x: 0,
    leadingCut: 0,
    trailingCut: text.length - text.trimEnd().length,
  });
  const line = (...inlines: ReturnType<typeof word>[]) => {
    const inlineWidths = inlines.reduce((sum, { width }) => sum + width, 0);
    return { inlines, inlineWidths, leadingCut: 0, trailingCut: inlines.at(-1)!.trailingCut };
  };
  const seen = (...inlines: ReturnType<typeof word>[]) => inVisualOrder(line(...inlines)).inlines.map(({ text }) => text);

  it('from right to left come in reverse, numbers among them as they are', () => {
    expect(seen(word('אחת ', 1), word('12 ', 2), word('30 ', 2), word('שתיים', 1))).toEqual(['שתיים', '12 ', '30 ', 'אחת ']);
    expect(seen(word('A ', 0), word('אחת ', 1), word('שתיים ', 1), word('B', 0))).toEqual(['A ', 'שתיים ', 'אחת ', 'B']);
  });
  it('signs that have no script are turned by themselves', () => {
    expect(seen(word('אחת ', 1), word('-)', 1))).toEqual([')-', 'אחת ']);
  });
  it('stand side by side, without the spaces at the ends', () => {
    const made = inVisualOrder(line(word('אחת ', 1), word('שתיים ', 1)));
    expect(made).toMatchObject({ inlineWidths: 9, leadingCut: 0, trailingCut: 0 });
    expect(made.inlines.map(({ x, width }) => [x, width])).toEqual([
      [0, 5],
      [5, 4],
    ]);
  });
  it('from left to right stay as they are', () => {
    const plain = line(word('one ', 0), word('two ', 0));
    expect(inVisualOrder(structuredClone(plain))).toEqual(plain);
  });
});

it('a language of right-to-left letters is known by its words', () => {
  expect(runsLeft('فاتورة')).toBe(true);
  expect(runsLeft('Invoice 12')).toBe(false);
});
