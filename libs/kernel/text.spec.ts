import fc from 'fast-check';
import { fold, slugify } from './text.ts';

describe('fold', () => {
  it.each([
    ['ADA', 'ada'],
    ['Łódź', 'lodz'],
    ['Grüße, STRASSE, Straße', 'grusse, strasse, strasse'],
    ['Ærøskøbing', 'aeroskobing'],
    ['İstanbul ılık', 'istanbul ilik'],
    ['Nguyễn Thị Ánh', 'nguyen thi anh'],
    ['crème BRÛLÉE', 'creme brulee'],
    ['cre\u0300me', 'creme'],
    ['Οδυσσέας ΟΔΥΣΣΕΑΣ', 'οδυσσεας οδυσσεασ'],
    ['Ёлкин Зайцев', 'елкин зайцев'],
    ['O’Brien – “Sons”…', `o'brien - "sons"...`],
    ['Ｔｅｓｓｅｒａ', 'tessera'],
    ['ﬁﬂ', 'fifl'],
    ['東京 がっこう', '東京 がっこう'],
    ['हिन्दी עִבְרִית', 'हिन्दी עִבְרִית'],
    ['😀', '😀'],
    ['', ''],
  ])('%p becomes %p', (text, folded) => {
    expect(fold(text)).toBe(folded);
  });

  it('is done once for good', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => fold(fold(text)) === fold(text)));
  });

  it('folds part by part', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.string({ unit: 'grapheme' }),
        (a, b) => fold(`${a} ${b}`) === `${fold(a)} ${fold(b)}`,
      ),
    );
  });
});

describe('slugify', () => {
  it.each([
    ['Čapek & Söhne GmbH', 'capek-sohne-gmbh'],
    ['  --Acme,  Inc.-- ', 'acme-inc'],
    ["O'Brien’s Bar", 'obriens-bar'],
    ['東京', 'organization'],
    ['', 'organization'],
    ['../../etc/passwd', 'etc-passwd'],
    ['a'.repeat(59) + ' b', 'a'.repeat(59)],
  ])('%p becomes %p', (name, slug) => {
    expect(slugify(name)).toBe(slug);
  });

  it('has a fallback of choice', () => {
    expect(slugify('!!!', 'form')).toBe('form');
  });

  it('is always fit for an address', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (name) => {
        expect(slugify(name)).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
        expect(slugify(name).length).toBeLessThanOrEqual(60);
        expect(slugify(slugify(name))).toBe(slugify(name));
      }),
    );
  });
});
