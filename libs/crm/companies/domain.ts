/**
 * A company's domain as it is kept: "https://www.Example.com/about" → "example.com", "MÜLLER.de." → "xn--mller-kva.de". Null for what
 * names no host with a dot in it.
 */
export function domainOf(typed: string): string | null {
  const text = typed.trim().replace(/^[^/@]*@/, '');
  try {
    const { hostname } = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`);
    const host = hostname
      .toLowerCase()
      .replace(/\.+$/, '')
      .replace(/^(www\.(?=[^.]+\.))+/, '');
    return /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/.test(host) ? host : null;
  } catch {
    return null;
  }
}
