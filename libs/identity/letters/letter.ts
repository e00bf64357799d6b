import { settings } from '#kernel';

/** What a letter says, before it has a form. */
export interface Content {
  readonly to: string;
  readonly name?: string;
  readonly subject: string;
  readonly lines: readonly string[];
  readonly link?: { readonly label: string; readonly href: string };
  /** What follows the link, in small print. */
  readonly after?: readonly string[];
}

/**
 * The address a letter leads to. The secret stands behind the #: a browser does not send it, so it is in no log and no Referer.
 */
export const linkTo = (page: string, secret: string) => `${settings.PUBLIC_URL}/${page}#token=${secret}`;

/** One text, twice: plain for whoever reads plain, and simple HTML that every mail program shows. */
export function letter({ to, name, subject, lines, link, after = [] }: Content) {
  const greeting = name ? `Hello ${name},` : 'Hello,';
  const text = [greeting, ...lines, ...(link ? [`${link.label}:\n${link.href}`] : []), ...after, '— Tessera'].join('\n\n');
  const paragraph = (line: string, style = '') => `<p style="margin:0 0 16px;${style}">${escaped(line)}</p>`;
  const button =
    link &&
    `<p style="margin:0 0 16px"><a href="${escaped(link.href)}" style="display:inline-block;padding:10px 18px;border-radius:6px;background:#1f3a5f;color:#fff;text-decoration:none">${escaped(link.label)}</a></p>`;
  const body = [
    paragraph(greeting),
    ...lines.map((line) => paragraph(line)),
    button ?? '',
    ...after.map((line) => paragraph(line, 'color:#667;font-size:13px')),
  ];
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escaped(subject)}</title></head><body style="font:16px/1.5 system-ui,sans-serif;color:#223;max-width:560px;margin:32px auto;padding:0 16px">${body.join('')}</body></html>`;
  return { to, subject, text: `${text}\n`, html };
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
