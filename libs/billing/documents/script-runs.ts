/** Which font writes which letters, and in which direction they run. */
import bidiFactory from 'bidi-js';
import type { Inline, Line } from 'pdfmake/js/LayoutBuilder.js';

// Its types speak of a module, but the package is CommonJS: what is imported is the function itself.
const bidi = (bidiFactory as unknown as typeof bidiFactory.default)();

/** A piece of text in one font and one direction; `level` is its embedding level (UAX 9): odd runs from right to left. */
export interface Run {
  text: string;
  font: FontName;
  level: number;
}
/** Chinese, Japanese and Korean are there when their packages are installed; see fonts.ts. */
export const FONT_NAMES = ['Roboto', 'Arabic', 'Hebrew', 'Han', 'Kana', 'Hangul'] as const;
export type FontName = (typeof FONT_NAMES)[number];

const SCRIPTS: readonly [FontName, RegExp][] = [
  ['Arabic', /\p{Script_Extensions=Arabic}/u],
  ['Hebrew', /[\p{Script=Hebrew}\ufb1d-\ufb4f]/u],
  ['Kana', /[\p{Script=Hiragana}\p{Script=Katakana}]/u],
  ['Hangul', /\p{Script=Hangul}/u],
  ['Han', /[\p{Script_Extensions=Han}\u3000-\u303f\uff00-\uffef]/u],
];
const ANY = new RegExp(SCRIPTS.map(([, { source }]) => source).join('|'), 'u');
const STRONG_RTL = /[\p{Script=Arabic}\p{Script=Hebrew}]/u;
const CLINGS = /[\s\p{M}\u200c\u200d]/u;
/** Marks that turn text around invisibly: an invoice reads as it stands. */
const TURNS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A word that no column could hold is broken where it has to be. */
const ENDLESS = /[^\s\u200b]{8}(?=[^\s\u200b]{24})|(?<=[^\s\u200b]{24})[^\s\u200b]{8}(?=[^\s\u200b])/gu;

/** Whether letters of a text run from right to left. */
export const runsLeft = (text: string): boolean => STRONG_RTL.test(text);

/**
 * A text as pdfmake takes it: as it is where Roboto can write all of it, else in runs. `known` are the fonts that are installed; what none of
 * them can write is left to Roboto.
 */
export function runsOf(given: string, known: ReadonlySet<FontName>): string | Run[] {
  const text = given.replace(TURNS, '').replaceAll('\u202f', '\u00a0').replace(ENDLESS, '$&\u200b');
  if (!ANY.test(text)) return text;
  const { levels } = bidi.getEmbeddingLevels(text);
  // Japanese is written with both; its own font has the forms of the Han letters that it wants.
  const japanese = known.has('Kana') && /[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text);
  const runs: Run[] = [];
  let at = 0;
  for (const char of text) {
    const level = levels[at]!;
    const last = runs.at(-1);
    const found = CLINGS.test(char) && last ? last.font : fontOf(char, known, japanese);
    const shown = (level & 1 && bidi.getMirroredCharacter(char)) || char;
    if (last && last.font === found && last.level === level) last.text += shown;
    else runs.push({ text: shown, font: found, level });
    at += char.length;
  }
  return runs;
}

function fontOf(char: string, known: ReadonlySet<FontName>, japanese: boolean): FontName {
  const [wanted] = SCRIPTS.find(([, letters]) => letters.test(char)) ?? ['Roboto' as const];
  if (wanted === 'Han' && (japanese || !known.has('Han'))) return HAN_ELSEWHERE.find((font) => known.has(font)) ?? 'Roboto';
  return known.has(wanted) ? wanted : 'Roboto';
}
const HAN_ELSEWHERE: readonly FontName[] = ['Kana', 'Hangul'];

/** Puts the words of a line, which are in the order they are spoken in, into the order they are seen in (UAX 9, rule L2). */
export function inVisualOrder(line: Line): Line {
  const { inlines } = line;
  if (!inlines.some(({ level }) => level)) return line;
  trimmed(line);
  const levelOf = ({ level = 0 }: Inline) => level;
  const highest = Math.max(...inlines.map(levelOf));
  for (let level = highest; level > 0; level--)
    for (let from = 0; from < inlines.length; from++) {
      if (levelOf(inlines[from]!) < level) continue;
      let until = from;
      while (until < inlines.length && levelOf(inlines[until]!) >= level) until++;
      inlines.splice(from, until - from, ...inlines.slice(from, until).reverse());
      from = until;
    }
  let x = 0;
  for (const word of inlines) {
    // The shaper turns letters around by their script; what has none is turned here.
    if (levelOf(word) & 1 && !STRONG_RTL.test(word.text)) word.text = [...word.text].reverse().join('');
    word.x = x;
    x += word.width;
  }
  return line;
}

/** The spaces at both ends of a line, which would come to stand within it. */
function trimmed(line: Line): void {
  const [first, last] = [line.inlines[0]!, line.inlines.at(-1)!];
  last.text = last.text.trimEnd();
  last.width -= last.trailingCut;
  if (first.text.trim()) {
    first.text = first.text.trimStart();
    first.width -= first.leadingCut;
  }
  line.inlineWidths = line.inlines.reduce((sum, { width }) => sum + width, 0);
  line.leadingCut = line.trailingCut = 0;
}
