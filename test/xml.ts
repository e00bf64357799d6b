/** An element of an XML document, as our own writer writes them: elements with text or with elements. */
export interface Parsed {
  readonly name: string;
  readonly attributes: Record<string, string>;
  readonly children: Parsed[];
  text: string;
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#13': '\r' };
const unescaped = (text: string) =>
  text.replace(/&([^;]*);?/g, (whole, name: string) => {
    if (!(name in ENTITIES)) throw new Error(`Not an entity: ${whole}`);
    return ENTITIES[name]!;
  });

/** Reads an XML document strictly; throws where it is not well-formed. Enough for what has no comments, CDATA or empty-element tags. */
export function parseXml(document: string): Parsed {
  const [head = '', ...rest] = document.split('?>');
  if (head !== '<?xml version="1.0" encoding="UTF-8"') throw new Error(`Not the head of an XML document: ${head}`);
  const body = rest.join('?>');
  const top: Parsed = { name: '', attributes: {}, children: [], text: '' };
  const open = [top];
  const tag = /([^<]*)<(\/?)([\w:]+)((?:\s+[\w:]+="[^"<]*")*)>/gy;
  let at = 0;
  for (let match = tag.exec(body); match; match = tag.exec(body)) {
    at = tag.lastIndex;
    const [, text = '', closing, name = '', given = ''] = match;
    const inner = open.at(-1)!;
    if (closing) {
      if (inner.name !== name) throw new Error(`${name} closes ${inner.name}`);
      inner.text = inner.children.length ? '' : unescaped(text);
      open.pop();
      continue;
    }
    if (text.trim()) throw new Error(`Text beside elements: ${text}`);
    const attributes = Object.fromEntries([...given.matchAll(/([\w:]+)="([^"]*)"/g)].map(([, key, value]) => [key!, unescaped(value!)]));
    const made: Parsed = { name, attributes, children: [], text: '' };
    inner.children.push(made);
    open.push(made);
  }
  if (body.slice(at).trim() || open.length !== 1 || top.children.length !== 1)
    throw new Error(`Not well-formed near ${body.slice(at, at + 80)}`);
  return top.children[0]!;
}

/** All elements at a path of names below an element: `found(root, 'cac:TaxTotal/cbc:TaxAmount')`. */
export function found(root: Parsed, path: string): Parsed[] {
  return path.split('/').reduce<Parsed[]>((at, name) => at.flatMap(({ children }) => children.filter((one) => one.name === name)), [root]);
}
export const texts = (root: Parsed, path: string): string[] => found(root, path).map(({ text }) => text);
