/** An element: either text or other elements. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly content: string | readonly Element[];
}
type Inner = Element | null | readonly Inner[];

/** An element with text, or nothing when there is no text: an e-invoice has no empty elements. */
export const leaf = (name: string, text: string | null, attributes: Record<string, string> = {}): Element | null =>
  text === null || text === '' ? null : { name, attributes, content: text };

/** An element around others, or nothing when there are none. */
export function branch(name: string, inner: readonly Inner[], attributes: Record<string, string> = {}): Element | null {
  const content = flat(inner);
  return content.length ? { name, attributes, content } : null;
}
const flat = (inner: readonly Inner[]): Element[] => inner.flatMap((one) => (one === null ? [] : isElement(one) ? [one] : flat(one)));
const isElement = (one: Element | readonly Inner[]): one is Element => 'name' in one;

/** XML 1.0 in UTF-8, two spaces deep per level. What XML cannot carry (control characters, lone surrogates) is left out. */
export const xml = (root: Element): string => `<?xml version="1.0" encoding="UTF-8"?>\n${written(root, '')}\n`;

function written({ name, attributes, content }: Element, indent: string): string {
  const opening = [name, ...Object.entries(attributes).map(([key, value]) => `${key}="${escaped(value)}"`)].join(' ');
  if (typeof content === 'string') return `${indent}<${opening}>${escaped(content)}</${name}>`;
  const inner = content.map((one) => written(one, `${indent}  `)).join('\n');
  return `${indent}<${opening}>\n${inner}\n${indent}</${name}>`;
}

/** The characters that XML 1.0 does not allow, by its production Char. */
const FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
export const clean = (text: string): string => text.replace(FORBIDDEN, '');
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;' };
const escaped = (text: string) => clean(text).replace(/[&<>"\r]/g, (sign) => ESCAPES[sign]!);
