export interface PersonName {
  firstName: string | null;
  lastName: string | null;
}

/** Words that open a last name and stand before its main word. */
const PARTICLES = new Set(
  'af al av bin da das de degli dei del della den der di do dos du e el ibn la las le lo los ten ter van vom von zu zum zur y'.split(' '),
);
const SUFFIX = /^(jr|sr|ii|iii|iv|esq|ph\.?d|md)\.?$/i;

/**
 * Splits a full name: the last word is the last name, together with what belongs to it ("van", "Jr."); all before it is the first name.
 * "Lovelace, Ada King" is read from behind. A single word is a first name. It is a guess, as every such split is: whoever knows better
 * sends both parts.
 */
export function splitName(full: string): PersonName {
  const name = spaced(full);
  const [family, ...given] = name.split(',').map(spaced);
  if (given.length === 1 && family && given[0] && !SUFFIX.test(given[0])) return { firstName: given[0], lastName: family };

  const words = name.split(' ').filter(Boolean);
  let start = words.length - 1;
  while (start > 1 && SUFFIX.test(words[start])) start--;
  while (start > 1 && PARTICLES.has(words[start - 1].toLowerCase())) start--;
  if (words.length < 2) return { firstName: words[0] ?? null, lastName: null };
  return { firstName: words.slice(0, start).join(' '), lastName: words.slice(start).join(' ') };
}

/** The name to show: first and last name, else the company's, else nothing. */
export function deriveName({ firstName, lastName, companyName }: Partial<PersonName> & { companyName?: string | null }): string {
  return spaced(`${firstName ?? ''} ${lastName ?? ''}`) || spaced(companyName ?? '');
}

function spaced(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}
