import fc from 'fast-check';
import { reconciled, type Way } from './ways.ts';

interface Mail extends Way {
  email: string;
}
const mail = (email: string, primary = false, label = 'work'): Mail => ({ email, label, primary });
const words = { of: ({ email }: Mail) => email, make: (email: string, before?: Mail) => mail(email, true, before?.label) };
const known = [mail('a', true, 'home'), mail('b')];

it.each([
  ['nothing said leaves everything', {}, [mail('a', true, 'home'), mail('b')]],
  ['a new address replaces the primary one and keeps its label', { one: 'c' }, [mail('c', true, 'home'), mail('b')]],
  ['a known address becomes the primary one', { one: 'b' }, [mail('a', false, 'home'), mail('b', true)]],
  ['taken away, the next one is primary', { one: null }, [mail('b', true)]],
  ['a list without a mark begins with its primary', { all: [mail('x'), mail('y')] }, [mail('x', true), mail('y')]],
  ['a list may mark another', { all: [mail('x'), mail('y', true)] }, [mail('x'), mail('y', true)]],
  ['the same twice is one', { all: [mail('x'), mail('x', true)] }, [mail('x', true)]],
  ['an empty list is none', { all: [] }, []],
  ['one that is not in the list leads it', { one: 'z', all: [mail('x')] }, [mail('z', true), mail('x')]],
  ['one that is in the list is marked', { one: 'x', all: [mail('w'), mail('x')] }, [mail('w'), mail('x', true)]],
  ['two marks are refused', { all: [mail('x', true), mail('y', true)] }, 'two_primaries'],
  ['naming one and marking another is refused', { one: 'x', all: [mail('x'), mail('y', true)] }, 'another_primary'],
  ['naming none and sending some is refused', { one: null, all: [mail('x')] }, 'another_primary'],
])('%s', (_, sent, expected) => {
  expect(reconciled(known, sent, words)).toEqual(expected);
});

it('has exactly one primary as long as there is any', () => {
  const ways = fc.array(fc.record({ email: fc.constantFrom('a', 'b', 'c'), label: fc.constant('work'), primary: fc.boolean() }), {
    maxLength: 4,
  });
  const sent = fc.record({ all: ways, one: fc.constantFrom('a', 'b', 'z', null) }, { requiredKeys: [] });
  fc.assert(
    fc.property(ways, sent, (before, change) => {
      const after = reconciled(before, change, words);
      if (typeof after === 'string') return;
      expect(after.filter(({ primary }) => primary)).toHaveLength(after.length ? 1 : 0);
      expect(new Set(after.map(({ email }) => email)).size).toBe(after.length);
    }),
  );
});
