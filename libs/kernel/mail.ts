/** E-mail: to a server when there is one, else into a folder where people and tests can read it. */
import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createTransport } from 'nodemailer';
import { errnoOf } from './errno.ts';
import { inTime } from './in-time.ts';
import { now } from './time.ts';

export interface Letter {
  /** One address, without a name. */
  to: string;
  subject: string;
  text: string;
  html?: string;
  /** Files that come with it, whole. */
  attachments?: readonly { filename: string; contentType: string; content: Buffer }[];
  /** What the letter is about, once and for all ("invoice 0193… issued"): the same key is the same letter, however often it is sent. */
  key: string;
}

export interface MailSettings {
  /** `smtp://…` or `smtps://…`; without it letters are kept in {@link outboxDir}. */
  smtpUrl?: string;
  outboxDir: string;
  /** The sender, as in `Tessera <no-reply@example.com>`. */
  from: string;
}

/** As many as a worker has jobs: none waits for another one's with its transaction open. */
const AT_ONCE = 20;
/** Less than a transaction may rest (orm.ts): what left after that could not be noted, and would leave again and again. */
const LETTER_MS = 25_000;
const late = () => {
  throw Object.assign(new Error('late'), { code: 'ETIMEDOUT' });
};

/** Sends letters. Each has a Message-ID made of its key: a mailbox shows a letter that was sent twice (a job may be) only once. */
export class Mailer {
  private readonly settings: MailSettings;
  private readonly server;

  constructor(settings: MailSettings, log: { info(message: string): void }) {
    this.settings = settings;
    const { smtpUrl, outboxDir } = settings;
    // A server that does not answer must not hold a worker for minutes. Templates come from organizations: they read no files or addresses.
    const patience = { connectionTimeout: 5_000, greetingTimeout: 5_000, socketTimeout: 15_000 };
    this.server = smtpUrl ? createTransport({ url: smtpUrl, pool: true, maxConnections: AT_ONCE, ...patience }) : null;
    if (!smtpUrl) log.info(`No mail server: e-mails are kept in ${resolve(outboxDir)}`);
  }

  /** Resolves with the Message-ID once the server has accepted the letter or the folder has it; otherwise throws how it failed. */
  async send({ to, subject, text, html, attachments = [], key }: Letter): Promise<string> {
    const name = createHash('sha256').update(key).digest('hex').slice(0, 40);
    const messageId = `<${name}@${/@([^\s>]+)>?\s*$/.exec(this.settings.from)?.[1] ?? 'localhost'}>`;
    // As an object the address is one recipient, whatever is written in it.
    const recipient = { name: '', address: to };
    const { from } = this.settings;
    const files = attachments.map((file) => ({ ...file }));
    const safe = { disableFileAccess: true, disableUrlAccess: true };
    const message = { from, to: recipient, subject, text, html, attachments: files, messageId, date: now(), ...safe };
    if (this.server) await inTime<unknown>(LETTER_MS, this.server.sendMail(message), late).catch(refusedLetter);
    else {
      const rendered = await createTransport({ streamTransport: true, buffer: true }).sendMail(message);
      const names = attachments.map(({ filename }) => filename);
      const said = { key, to, from, subject, text, html: html ?? null, attachments: names };
      const about = { message_id: messageId, ...said, sent_at: message.date.toISOString() };
      await this.keep(`${name}.eml`, rendered.message.toString());
      await this.keep(`${name}.json`, `${JSON.stringify(about, null, 2)}\n`);
    }
    return messageId;
  }

  /** Lets go of the connections to the server. */
  close(): void {
    this.server?.close();
  }

  /** Writes a file that appears whole or not at all; one that is there stays as it is. */
  private async keep(name: string, content: string): Promise<void> {
    const { outboxDir } = this.settings;
    const draft = join(outboxDir, `.${randomUUID()}`);
    await mkdir(outboxDir, { recursive: true });
    await writeFile(draft, content, { mode: 0o600 });
    try {
      await link(draft, join(outboxDir, name));
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    } finally {
      await rm(draft, { force: true });
    }
  }
}

/** What a server says of a letter repeats its recipients, who belong in no log and no job. */
function refusedLetter({ code = 'an error', responseCode }: { code?: string; responseCode?: number }): never {
  throw new Error(`The mail server did not take the letter (${[code, responseCode].filter(Boolean).join(' ')})`);
}
