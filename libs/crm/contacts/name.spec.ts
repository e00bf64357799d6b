import fc from 'fast-check';
import { deriveName, splitName } from './name.ts';

it.each([
  ['Ada Lovelace', 'Ada', 'Lovelace'],
  ['Ada King Lovelace', 'Ada King', 'Lovelace'],
  ['  Ada \t Lovelace\n', 'Ada', 'Lovelace'],
  ['Lovelace, Ada King', 'Ada King', 'Lovelace'],
  ['Ludwig van Beethoven', 'Ludwig', 'van Beethoven'],
  ['Maria De La Cruz', 'Maria', 'De La Cruz'],
  ['Van Morrison', 'Van', 'Morrison'],
  ['Martin Luther King Jr.', 'Martin Luther', 'King Jr.'],
  ['Martin Luther King, Jr.', 'Martin Luther', 'King, Jr.'],
  ['Jean-Luc Picard', 'Jean-Luc', 'Picard'],
  ['Ada Jr', 'Ada', 'Jr'],
  ['de la', 'de', 'la'],
  ['Plato', 'Plato', null],
  ['東京太郎', '東京太郎', null],
  ['', null, null],
  ['  ', null, null],
  [',', ',', null],
  ['Lovelace,', 'Lovelace,', null],
])('%p is split into %p and %p', (full, firstName, lastName) => {
  expect(splitName(full)).toEqual({ firstName, lastName });
});

it('loses no word', () => {
  const words = fc.array(fc.constantFrom('Ada', 'van', 'de', 'Jr.', 'III', 'King', 'Müller-Lüdenscheidt', "O'Brien", 'von'), {
    maxLength: 7,
  });
  fc.assert(fc.property(words, (all) => deriveName(splitName(all.join('  '))) === all.join(' ')));
});

it('is shown as one name', () => {
  expect(deriveName({ firstName: 'Ada', lastName: 'Lovelace', companyName: 'Acme' })).toBe('Ada Lovelace');
  expect(deriveName({ firstName: null, lastName: ' Lovelace ' })).toBe('Lovelace');
  expect(deriveName({ firstName: '', lastName: null, companyName: 'Acme' })).toBe('Acme');
  expect(deriveName({})).toBe('');
});
