import { domainOf } from './domain.ts';

it.each([
  ['example.com', 'example.com'],
  ['https://www.Example.com/about?x=1', 'example.com'],
  ['HTTP://Example.co.uk:8080', 'example.co.uk'],
  [' example.com. ', 'example.com'],
  ['info@example.com', 'example.com'],
  ['www.com', 'www.com'],
  ['www.www.example.com', 'example.com'],
  ['müller.de', 'xn--mller-kva.de'],
])('%p is kept as %p', (typed, domain) => {
  expect(domainOf(typed)).toBe(domain);
  expect(domainOf(domain)).toBe(domain);
});

it.each(['', 'example', 'not a domain', '192.168.0.1', 'exa_mple.com', '-example.com', 'https://', 'javascript:alert(1)', 'a..b'])(
  '%p is no domain',
  (typed) => {
    expect(domainOf(typed)).toBeNull();
  },
);
