process.env.SECRET_KEY ??= 'for-unit-tests-only-0123456789abcdef';
process.env.DATABASE_URL ??= 'postgresql://nobody@localhost/nothing';
process.env.PUBLIC_URL = 'https://crm.example.com/';

const { letter, linkTo } = await import('./letter.ts');

describe('a letter', () => {
  const made = () =>
    letter({
      to: 'ada@example.com',
      name: '<b>Ada</b>',
      subject: 'A & B',
      lines: ['"One"'],
      link: { label: 'Go', href: linkTo('reset', 'x_y') },
      after: ['Bye'],
    });

  it('says the same in both forms', () => {
    const { text, html } = made();
    expect(text).toBe('Hello <b>Ada</b>,\n\n"One"\n\nGo:\nhttps://crm.example.com/reset#token=x_y\n\nBye\n\n— Tessera\n');
    expect(html).toContain('Hello &lt;b&gt;Ada&lt;/b&gt;,');
    expect(html).toContain('&quot;One&quot;');
    expect(html).toContain('href="https://crm.example.com/reset#token=x_y"');
    expect(html).toContain('<title>A &amp; B</title>');
  });

  it('names cannot smuggle markup into it', () => {
    expect(made().html).not.toContain('<b>');
  });
});
