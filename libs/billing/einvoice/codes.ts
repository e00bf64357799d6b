import type { TaxCategory } from '../invoices/arithmetic.ts';

/** ISO 3166-1 alpha-2, all that are assigned (BR-CL-14). */
const COUNTRIES = new Set(
  `AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL
  CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU
  GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC
  MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT
  PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA
  UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW`.split(/\s+/),
);
export const isCountry = (code: string): boolean => COUNTRIES.has(code);

/** Besides the countries: Greece writes EL, Northern Ireland XI (BR-CO-09). */
const TAX_PREFIXES = new Set(['EL', 'XI']);
export const hasTaxPrefix = (vatId: string): boolean =>
  /^[A-Z]{2}[0-9A-Z]{2,}$/.test(vatId) && (isCountry(vatId.slice(0, 2)) || TAX_PREFIXES.has(vatId.slice(0, 2)));
/** "de 123.456.789" is DE123456789. */
export const compact = (id: string): string => id.replace(/[\s./-]/g, '').toUpperCase();

/** Why no tax is charged: the code of the VATEX list (BT-121), where one says just that. Exemptions (E) have many. */
export const EXEMPTION_CODES: Partial<Record<TaxCategory, string>> = {
  AE: 'VATEX-EU-AE',
  K: 'VATEX-EU-IC',
  G: 'VATEX-EU-G',
  O: 'VATEX-EU-O',
};

/** What counts nothing in particular: UN/ECE Recommendation 20, "one". */
const ONE = 'C62';
/** UN/ECE Recommendation 20 and 21 (BR-CL-23), and the words people write for them. */
const UNITS: Readonly<Record<string, string>> = {
  C62: 'one unit units',
  H87: 'piece pieces pc pcs stk stück stueck',
  EA: 'each',
  HUR: 'hour hours h hr hrs stunde stunden heure heures std',
  MIN: 'minute minutes min',
  SEC: 'second seconds s sec',
  DAY: 'day days d tag tage jour jours',
  WEE: 'week weeks woche wochen semaine semaines',
  MON: 'month months monat monate mois',
  QAN: 'quarter quarters quartal',
  ANN: 'year years jahr jahre an ans année années',
  KGM: 'kilogram kilograms kg',
  GRM: 'gram grams g',
  MGM: 'milligram milligrams mg',
  TNE: 'tonne tonnes t',
  MTR: 'metre metres meter meters m',
  CMT: 'centimetre centimetres cm',
  MMT: 'millimetre millimetres mm',
  KMT: 'kilometre kilometres kilometer kilometers km',
  MTK: 'm2 m² sqm',
  MTQ: 'm3 m³',
  LTR: 'litre litres liter liters l',
  MLT: 'millilitre millilitres ml',
  KWH: 'kwh',
  MWH: 'mwh',
  SET: 'set sets',
  PR: 'pair pairs',
  DZN: 'dozen dozens',
  XBX: 'box boxes',
  XPK: 'package packages pack packs',
  XPX: 'pallet pallets',
  ZP: 'page pages',
  P1: 'percent %',
  LS: 'lump flat',
};
const BY_WORD = new Map(Object.entries(UNITS).flatMap(([code, words]) => words.split(' ').map((word) => [word, code] as const)));

/** BT-130 of what a line says it counts; `known` is false where the word has no code and is to be said besides. */
export function unitOf(written: string | null): { code: string; known: boolean } {
  const text = (written ?? '').trim();
  if (text === '') return { code: ONE, known: true };
  if (Object.hasOwn(UNITS, text)) return { code: text, known: true };
  const code = BY_WORD.get(text.toLowerCase());
  return code ? { code, known: true } : { code: ONE, known: false };
}
export const isUnit = (code: string): boolean => Object.hasOwn(UNITS, code);
