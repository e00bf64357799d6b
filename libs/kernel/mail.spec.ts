import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { inspect } from 'node:util';
import { type Letter, Mailer } from './mail.ts';
import { setClock } from './time.ts';

const from = 'Tessera <no-reply@crm.example.com>';
const letter: Letter = {
  to: 'ada@example.com',
  subject: 'Grüße und\r\nBcc: eve@example.com',
  text: 'Your invoice is attached.\n',
  html: '<p>Your invoice is attached.</p>',
  key: 'invoice 0193 issued',
};

describe('without a server', () => {
  let outboxDir: string;
  let said: string[];
  let mailer: Mailer;
  const log = { info: (line: string) => void said.push(line) };
  const names = async () => (await readdir(outboxDir)).sort();
  const read = async (ending: string) => {
    const name = (await names()).find((file) => file.endsWith(ending));
    return readFile(join(outboxDir, name ?? ''), 'utf8');
  };

  beforeEach(async () => {
    outboxDir = await mkdtemp(join(tmpdir(), 'outbox-'));
    said = [];
    mailer = new Mailer({ outboxDir, from }, log);
    setClock(() => new Date('2026-03-01T12:00:00Z'));
  });
  afterEach(async () => {
    setClock();
    await rm(outboxDir, { recursive: true });
  });

  it('a letter is kept whole, and as JSON to read it from', async () => {
    const messageId = await mailer.send(letter);
    expect(messageId).toMatch(/^<[0-9a-f]{40}@crm\.example\.com>$/);
    expect(await names()).toHaveLength(2);
    const raw = await read('.eml');
    expect(raw).toContain(`Message-ID: ${messageId}`);
    expect(raw).toContain('From: Tessera <no-reply@crm.example.com>');
    expect(raw).toContain('To: ada@example.com');
    expect(raw).toContain('Date: Sun, 01 Mar 2026 12:00:00 +0000');
    expect(raw).not.toMatch(/^Bcc:/im);
    expect(JSON.parse(await read('.json'))).toEqual({
      message_id: messageId,
      ...letter,
      attachments: [],
      from,
      sent_at: '2026-03-01T12:00:00.000Z',
    });
  });

  it('the same key is one letter, also in parallel; another key is another', async () => {
    const sent = await Promise.all([1, 2, 3, 4, 5].map(() => mailer.send(letter)));
    expect(new Set(sent).size).toBe(1);
    expect(await names()).toHaveLength(2);
    await mailer.send({ ...letter, key: 'invoice 0194 issued' });
    expect(await names()).toHaveLength(4);
  });

  it('one address is one recipient', async () => {
    await mailer.send({ ...letter, to: 'ada@example.com, eve@example.com' });
    const [, recipients] = /^To: (.*)$/m.exec(await read('.eml')) ?? [];
    expect(recipients).not.toMatch(/^ada@example\.com, eve@example\.com/);
  });

  it('a template cannot read files', async () => {
    await mailer.send({ ...letter, html: '<img src="file:///etc/passwd">' });
    expect(await read('.eml')).not.toContain('root:');
  });

  it('the log names the folder once', async () => {
    await mailer.send(letter);
    expect(said).toEqual([`No mail server: e-mails are kept in ${outboxDir}`]);
  });
});

describe('with a server', () => {
  let server: Server;
  let heard: string[];
  let refusing: boolean;
  let mailer: Mailer;

  beforeEach(async () => {
    heard = [];
    refusing = false;
    server = createServer((socket) => {
      let inData = false;
      socket.write('220 mail.example.com\r\n');
      socket.on('error', () => socket.destroy());
      createInterface({ input: socket }).on('line', (line) => {
        heard.push(line);
        if (inData && line !== '.') return;
        const command = inData ? '.' : line.slice(0, 4).toUpperCase();
        inData = command === 'DATA';
        if (command === 'RCPT' && refusing) socket.write('550 no such mailbox <ada@example.com>\r\n');
        else socket.write(inData ? '354 go on\r\n' : command === 'QUIT' ? '221 bye\r\n' : '250 fine\r\n');
      });
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    const { port } = server.address() as AddressInfo;
    mailer = new Mailer(
      { smtpUrl: `smtp://127.0.0.1:${port}`, outboxDir: '/dev/null/nowhere', from },
      { info: (line) => void heard.push(line) },
    );
  });
  afterEach(async () => {
    mailer.close();
    await new Promise((closed) => server.close(closed));
  });

  it('a letter goes there, with the same Message-ID each time', async () => {
    const [one, other] = [await mailer.send(letter), await mailer.send(letter)];
    expect(one).toBe(other);
    expect(heard.filter((line) => line === `Message-ID: ${one}`)).toHaveLength(2);
    expect(heard.filter((line) => /^RCPT TO:/i.test(line))).toEqual(['RCPT TO:<ada@example.com>', 'RCPT TO:<ada@example.com>']);
    expect(heard.some((line) => line.startsWith('No mail server'))).toBe(false);
  });

  it('what the server refuses is an error that tells how, and not to whom', async () => {
    refusing = true;
    const error: unknown = await mailer.send(letter).catch((thrown: unknown) => thrown);
    expect(error).toEqual(new Error('The mail server did not take the letter (EENVELOPE 550)'));
    expect(inspect(error, { depth: null })).not.toContain('ada@example.com');
  });
});
