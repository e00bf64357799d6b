/** pdfmake, set up once: fonts from memory, nothing else may be read or fetched, right-to-left words in their place. */
import pdfmake from 'pdfmake';
import lineBuilding from 'pdfmake/js/LayoutBuilder.js';
import type { TDocumentDefinitions } from 'pdfmake/interfaces.js';
import { installedFonts } from './fonts.ts';
import { type FontName, inVisualOrder, type Run, runsOf } from './script-runs.ts';

/** The document before its end: what pdfkit offers and pdfmake does not, such as metadata of one's own. */
export interface OpenPdf extends NodeJS.ReadableStream {
  appendXML(xml: string): void;
  end(): void;
}

interface Press {
  readonly fonts: ReadonlySet<FontName>;
  createPdf(definition: TDocumentDefinitions): { getStream(): Promise<OpenPdf> };
}

let ready: Press | undefined;
/** Set up when first needed: reading the fonts takes a moment, and most processes print nothing. */
function press(): Press {
  return (ready ??= setUp());
}

function setUp(): Press {
  // Beyond what the types of pdfmake say, its server side keeps files in memory and gives the stream before its end.
  const maker = pdfmake as unknown as typeof pdfmake &
    Pick<Press, 'createPdf'> & { virtualfs: { writeFileSync(name: string, content: Buffer): void } };
  const fonts = installedFonts((name, content) => maker.virtualfs.writeFileSync(name, content));
  maker.setFonts(Object.fromEntries(fonts.map(({ name, files }) => [name, files])));
  // Templates come from organizations: they read nothing of this machine and fetch nothing from others.
  maker.setUrlAccessPolicy(() => false);
  maker.setLocalAccessPolicy(() => false);
  seeRightToLeft();
  return { fonts: new Set(fonts.map(({ name }) => name)), createPdf: (definition) => maker.createPdf(definition) };
}

/** pdfmake knows one direction. Its lines are complete when they leave its builder, so that is where their words find their order. */
function seeRightToLeft(): void {
  const { prototype } = lineBuilding.default;
  const { buildNextLine } = prototype;
  prototype.buildNextLine = function (node) {
    const line = buildNextLine.call(this, node);
    return line && inVisualOrder(line);
  };
}

/** A text of anybody, in the fonts that can write it. */
export const written = (text: string): string | Run[] => runsOf(text, press().fonts);

/** The PDF of a definition. `finish` may add to the document before it ends. */
export async function pressed(definition: TDocumentDefinitions, finish?: (document: OpenPdf) => void): Promise<Buffer> {
  const document = await press().createPdf(definition).getStream();
  finish?.(document);
  document.end();
  const chunks: Buffer[] = [];
  for await (const chunk of document) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
