/** Letters that do not decompose into a base letter and an accent, in lower case, and what unaccent() makes of them and of common signs. */
const FOLDED = new Map(
  `
  æae øo ßss ðd þth đd ħh ıi ĳij ĸq ŀl łl ŉ'n ŋn œoe ŧt ſs ƀb ɓb ƃb ƈc ɖd ɗd ƌd ɛe ƒf ɠg ƕhv ɨi ƙk ƚl ɲn ƞn ƣoi ƥp ƫt ƭt ʈt ʋv ƴy ƶz ǆdz
  ǉlj ǌnj ǥg ǳdz ȡd ȥz ȴl ȵn ȶt ȷj ȸdb ȹqp ⱥa ȼc ⱦt ȿs ɀz ʉu ɇe ɉj ɍr ɏy ёе ªa ºo µμ ﬀff ﬁfi ﬂfl ﬃffi ﬄffl ﬅst ﬆst №no
  ‘' ’' ‛' ′' ʹ' ʻ' ʼ' ʽ' “" ”" ‟" ″" ‚, „,, «<< »>> ‹< ›> ‐- ‑- ‒- –- —- ―- −- \u00ad- ⁄/ …... ¡! ¿? ©(c) ®(r) ±+/- ×* ÷/
  `
    .trim()
    .split(/\s+/)
    .map((entry) => [entry[0], entry.slice(1)]),
);
const ACCENT = /[\u0300-\u0362]/g;
const FULL_WIDTH = 0xfee0;

/**
 * Lower case without accents: "Łódź" and "LODZ" fold into the same text. Equal to PostgreSQL's `lower(unaccent(text))` for Latin (also
 * extended A and B), Greek, Cyrillic, usual punctuation, ligatures and full-width forms; other scripts keep their marks in both. Not
 * equal for signs that nobody searches for: fractions, units, phonetic and mathematical alphabets, numbers in circles. A database whose
 * collation is plain C leaves capitals that are not ASCII, such as Greek and Cyrillic ones, as they are.
 */
export function fold(text: string): string {
  const lower = text.toLowerCase();
  // The usual case, and the quick one.
  // oxlint-disable-next-line no-control-regex
  if (/^[\u0000-\u007f]*$/.test(lower)) return lower;
  let folded = '';
  for (const character of text) folded += foldOne(character);
  return folded;
}

/** One at a time, as PostgreSQL does: in a whole word a final sigma would become another letter. */
function foldOne(character: string): string {
  const lower = character.toLowerCase();
  const known = FOLDED.get(lower);
  if (known !== undefined) return known;
  if (/[\uff01-\uff5e]/.test(lower)) return String.fromCharCode(lower.charCodeAt(0) - FULL_WIDTH).toLowerCase();
  const bare = lower.normalize('NFD').replace(ACCENT, '');
  return /^[a-z\p{Script=Greek}]*$/u.test(bare) ? bare : lower;
}

/**
 * A name as part of an address: "Čapek & Söhne GmbH" → "capek-sohne-gmbh". At most 60 ASCII letters, digits and single inner hyphens;
 * the fallback when nothing of the name is left (one in Japanese, say). Whether it is taken is for the caller to see.
 */
export function slugify(name: string, fallback = 'organization'): string {
  const words = fold(name)
    .replace(/['"]/g, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '');
  return words.slice(0, 60).replace(/-+$/, '') || fallback;
}
