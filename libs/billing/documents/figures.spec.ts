import { figuresIn } from './figures.ts';
import { invoiceLetter } from './invoice-letter.ts';
import { filled, type Labels, labelsOf, languages } from './labels.ts';

/** Spaces that do not break are spaces to a reader. */
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');

it.each([
  ['en-GB', 'EUR', '1234.50', '1,234.50 EUR'],
  ['de-DE', 'EUR', '1234.50', '1.234,50 EUR'],
  ['fr-FR', 'EUR', '1234.50', '1 234,50 EUR'],
  ['ja-JP', 'JPY', '1005', '1,005 JPY'],
  ['en', 'KWD', '0.050', '0.050 KWD'],
  ['en', 'EUR', '-0.01', '-0.01 EUR'],
  // More than a float can hold.
  ['en', 'EUR', '922337203685477.58', '922,337,203,685,477.58 EUR'],
])('%s writes %s %s as %s', (locale, currency, amount, written) => {
  expect(plain(figuresIn(locale, currency).money(amount))).toBe(written);
});

it('a price has the digits it needs, a quantity and a percent no more', () => {
  const { price, quantity, percent } = figuresIn('de', 'EUR');
  expect([price('12.36'), price('0.001234'), price('5')]).toEqual(['12,36', '0,001234', '5,00']);
  expect([quantity('20'), quantity('0.28'), plain(percent('12.5')), plain(percent('7'))]).toEqual(['20', '0,28', '12,5 %', '7 %']);
});

it('a day is the day, in every zone and calendar', () => {
  expect(['en-GB', 'de', 'fr', 'fa'].map((locale) => figuresIn(locale, 'EUR').day('2026-03-01').replace(/\d/g, '0'))).toEqual([
    '0 Mar 0000',
    '00.00.0000',
    '0 mars 0000',
    expect.stringContaining('۲۰۲۶'),
  ]);
  expect(figuresIn('en-GB', 'EUR').day('2026-03-01')).toBe('1 Mar 2026');
});

it('every language says everything, with the same gaps', () => {
  expect(languages).toEqual(['en', 'de', 'fr', 'es', 'it', 'nl', 'pt', 'ar']);
  const english = labelsOf('en');
  const gaps = (label: string) => (label.match(/\{\w+\}/g) ?? []).sort();
  for (const language of languages) {
    const say = labelsOf(language);
    for (const name of Object.keys(english) as (keyof Labels)[]) {
      expect([language, name, say[name].trim() !== '']).toEqual([language, name, true]);
      expect([language, name, gaps(say[name])]).toEqual([language, name, gaps(english[name])]);
    }
    if (language !== 'en') expect(say.invoice).not.toBe(english.invoice);
  }
});

it('a region has the labels of its language, an unknown language those of English', () => {
  expect(labelsOf('de-AT').invoice).toBe('Rechnung');
  expect(labelsOf('pt-BR').invoice).toBe('Fatura');
  expect(labelsOf('fi').invoice).toBe('Invoice');
  expect(filled('{a} {b} {constructor}', { a: '1' })).toBe('1 {b} {constructor}');
});

it('a letter says what it is about in one line, whatever anybody is called', () => {
  const invoice = {
    kind: 'invoice' as const,
    number: 'INV-1',
    issueDate: '2026-03-31',
    payable: 2_617_200n,
    currency: 'EUR',
    customer: { name: 'Ada\r\nBcc: all@example.com', email: null, address: null, tax_id: null },
    seller: { name: 'Har\r\nbour' } as never,
  };
  const { subject, text } = invoiceLetter(invoice, { locale: 'nl' }, null);
  expect(subject).toBe('Factuur INV-1 van Har bour');
  expect(text).toContain('261,72 EUR');
  expect(invoiceLetter(invoice, { locale: 'nl' }, 'Mine').text).toBe('Mine');
});
