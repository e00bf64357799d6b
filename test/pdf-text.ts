import { inflateSync } from 'node:zlib';

/** One word or more as they stand on a page: from left to right, whatever direction they are read in. Points from the left and the bottom. */
export interface Piece {
  text: string;
  x: number;
  y: number;
}

/**
 * What a PDF of pdfkit shows, page by page, from top to bottom and from left to right: read as a viewer reads it, by the glyphs on the page
 * and the table of what they stand for.
 */
export function pagesOf(pdf: Buffer): Piece[][] {
  const raw = pdf.toString('latin1');
  const objects = new Map<string, string>();
  for (const [, id, body] of raw.matchAll(/\n(\d+) 0 obj\n(.*?)\nendobj/gs)) objects.set(id!, body!);
  const follow = (body: string, name: string) => objects.get(new RegExp(`/${name} (\\d+) 0 R`).exec(body)?.[1] ?? '') ?? '';
  return [...objects.values()]
    .filter((body) => /\/Type \/Page\b(?!s)/.test(body))
    .map((page) => {
      const fonts = follow(page, 'Resources').match(/\/Font <<(.*?)>>/s)?.[1] ?? '';
      const letters = new Map<string, string[]>();
      for (const [, name, id] of fonts.matchAll(/\/(\w+) (\d+) 0 R/g))
        letters.set(name!, lettersOf(streamOf(follow(objects.get(id!)!, 'ToUnicode'))));
      return piecesOf(streamOf(follow(page, 'Contents')), letters);
    });
}

/** The lines of a page, top to bottom, their pieces side by side. */
export const linesOf = (pieces: readonly Piece[]): string[] => {
  const lines = new Map<number, Piece[]>();
  for (const piece of pieces) lines.set(Math.round(piece.y), [...(lines.get(Math.round(piece.y)) ?? []), piece]);
  return [...lines.entries()]
    .sort(([a], [b]) => b - a)
    .map(([, line]) =>
      line
        .sort((a, b) => a.x - b.x)
        .map(({ text }) => text)
        .join(''),
    );
};
export const textOf = (pdf: Buffer): string =>
  pagesOf(pdf)
    .map((page) => linesOf(page).join('\n'))
    .join('\f');

function streamOf(body: string): string {
  const from = body.indexOf('stream\n') + 7;
  const content = Buffer.from(body.slice(from, body.lastIndexOf('\nendstream')), 'latin1');
  return (/\/FlateDecode/.test(body.slice(0, from)) ? inflateSync(content) : content).toString('latin1');
}

/** What each glyph stands for, by its number: pdfkit writes them in full, one range after another. */
const lettersOf = (map: string): string[] =>
  [...map.matchAll(/<[0-9a-f]{4}> <[0-9a-f]{4}> \[(.*?)\]/g)].flatMap(([, list]) =>
    [...list!.matchAll(/<([0-9a-f ]*)>/g)].map(([, hex]) => Buffer.from(hex!.replaceAll(' ', ''), 'hex').swap16().toString('utf16le')),
  );

function piecesOf(content: string, letters: ReadonlyMap<string, string[]>): Piece[] {
  const shown = /1 0 0 1 (\S+) (\S+) Tm\s+\/(\w+) \S+ Tf\s+(?:\S+ T[a-z]\s+)*\[(.*?)\] TJ/gs;
  return [...content.matchAll(shown)].map(([, x, y, font, glyphs]) => ({
    x: Number(x),
    y: Number(y),
    text: [...glyphs!.matchAll(/<([0-9a-f]+)>/g)]
      .flatMap(([, hex]) => hex!.match(/.{4}/g)!)
      .map((glyph) => letters.get(font!)![parseInt(glyph, 16)] ?? '')
      .join(''),
  }));
}
