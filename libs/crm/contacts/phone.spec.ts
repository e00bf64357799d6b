import fc from 'fast-check';
import { countryOf, e164, phoneOf } from './phone.ts';

it.each([
  ['+44 20 7946 0958', undefined, '+442079460958'],
  ['020 7946 0958', 'GB', '+442079460958'],
  ['(415) 555-2671', 'US', '+14155552671'],
  ['0049 30 901820', 'DE', '+4930901820'],
  ['030 901820', 'DE', '+4930901820'],
  ['+1 415 555 2671 ext. 12', 'DE', '+14155552671'],
  ['tel:+1-415-555-2671', undefined, '+14155552671'],
])('%p in %p is %p', (typed, country, number) => {
  expect(phoneOf(typed, country)).toBe(number);
});

it.each([
  ['020 7946 0958', undefined],
  ['020 7946 0958', 'Atlantis'],
  ['reception', 'US'],
  ['12', 'US'],
  ['+999 123', 'US'],
  ['', 'US'],
])('%p in %p stays as it is', (typed, country) => {
  expect(e164(typed, country)).toBeNull();
  expect(phoneOf(` ${typed} `, country)).toBe(typed);
});

it('reads its own numbers back, and takes any text', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[+0-9 ()-]{0,20}$/)), fc.constantFrom('US', 'DE', null), (typed, country) => {
      const number = e164(typed, country);
      if (number === null) return;
      expect(number).toMatch(/^\+\d{4,17}$/);
      expect(e164(number)).toBe(number);
    }),
  );
});

it('knows the country of a locale', () => {
  expect(['en-GB', 'de-CH', 'zh-Hant-TW', 'en', 'not a locale', ''].map(countryOf)).toEqual(['GB', 'CH', 'TW', null, null, null]);
});
