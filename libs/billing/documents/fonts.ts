/** The fonts that are installed, read into memory when they are first needed. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { FontName } from './script-runs.ts';

const { resolve } = createRequire(import.meta.url);

interface FontFiles {
  /** The package, and where its fonts are from the file that it resolves to. */
  in: string;
  at: string;
  normal: string;
  bold: string;
}
/**
 * Latin, Greek and Cyrillic come with pdfmake, Arabic and Hebrew with packages of their own. Those of the far east weigh 30 MB each: whoever
 * needs them adds the package, and nothing else is to be set.
 */
const FONTS: Readonly<Record<FontName, FontFiles>> = {
  Roboto: { in: 'pdfmake', at: '../fonts/Roboto', normal: 'Roboto-Regular.ttf', bold: 'Roboto-Medium.ttf' },
  Arabic: { in: '@embedpdf/fonts-arabic', at: '../fonts', normal: 'NotoNaskhArabic-Regular.ttf', bold: 'NotoNaskhArabic-Bold.ttf' },
  Hebrew: { in: '@embedpdf/fonts-hebrew', at: '../fonts', normal: 'NotoSansHebrew-Regular.ttf', bold: 'NotoSansHebrew-Bold.ttf' },
  Han: { in: '@embedpdf/fonts-sc', at: '../fonts', normal: 'NotoSansHans-Regular.otf', bold: 'NotoSansHans-Bold.otf' },
  Kana: { in: '@embedpdf/fonts-jp', at: '../fonts', normal: 'NotoSansJP-Regular.otf', bold: 'NotoSansJP-Bold.otf' },
  Hangul: { in: '@embedpdf/fonts-kr', at: '../fonts', normal: 'NotoSansKR-Regular.otf', bold: 'NotoSansKR-Bold.otf' },
};

interface Font {
  name: FontName;
  /** Names that stand for the contents, of each style. */
  files: { normal: string; bold: string };
}
/** What there is, by name; `keep` gets the content of each file under the name that stands for it. */
export function installedFonts(keep: (name: string, content: Buffer) => void): Font[] {
  return (Object.entries(FONTS) as [FontName, FontFiles][]).flatMap(([name, { in: pack, at, ...files }]) => {
    const folder = folderOf(pack, at);
    if (folder === undefined) return [];
    for (const file of Object.values(files)) keep(file, readFileSync(join(folder, file)));
    return [{ name, files }];
  });
}

function folderOf(pack: string, at: string): string | undefined {
  try {
    return join(dirname(resolve(pack)), at);
  } catch {
    return undefined;
  }
}
