import { isIP } from 'node:net';
import { z } from 'zod';

const SHORTEST_SECRET = 32;
/** Pieces of secrets that stand in examples, and so protect nothing. */
const WELL_KNOWN = ['change-me', 'changeme', 'example', 'development-only', 'not-a-secret', 'secret-key'];

const must = (be: string) => ({
  error: (issue: { input?: unknown }) => (issue.input === undefined ? `is missing; it must be ${be}` : `must be ${be}`),
});
const ADDRESS = 'a PostgreSQL address like postgresql://user:password@host:5432/database';
const postgres = () =>
  z
    .url({ protocol: /^postgres(ql)?$/, ...must(ADDRESS) })
    .refine((url) => URL.parse(url)?.username !== '', `must be ${ADDRESS}, with the user`);
const text = (be: string) => z.string(must(be)).min(1, must(be));
const whole = (be = 'a whole number, 1 or more', most = 1_000_000) =>
  z.coerce.number(must(be)).int(must(be)).min(1, must(be)).max(most, must(be));
/** An address, a network, or one of the names that Fastify knows for some. */
const isProxy = (word: string) => {
  const [address = '', bits] = word.split('/');
  const most = { 4: 32, 6: 128 }[isIP(address)];
  if (!most) return ['loopback', 'linklocal', 'uniquelocal'].includes(word);
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
};
const words = (value: string) => value.split(',').flatMap((word) => word.trim() || []);

const KEYS = 'a JSON list of Ed25519 keys in JWK form, each with a kid, the first with its private part d';
const key = z.looseObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  kid: z.string().min(1),
  x: z.string(),
  d: z.string().optional(),
});
const keys = z
  .string()
  .transform((value, context) => {
    try {
      return z.array(key).parse(JSON.parse(value));
    } catch {
      context.addIssue({ code: 'custom', message: `must be ${KEYS}` });
      return z.NEVER;
    }
  })
  .refine((all) => all[0]?.d !== undefined, `must be ${KEYS}`);

/** Every setting there is, in the order of `.env.example`, which `scripts/env-example.ts` writes from here. */
export const Settings = z.object({
  NODE_ENV: z
    .enum(['development', 'test', 'production'], must('development, test or production'))
    .default('development')
    .describe('development, test or production; staging is production with other values'),

  DATABASE_URL: postgres().describe(
    'PostgreSQL 15 or newer, as the role tessera_app, which owns nothing; npm start brings its own unless this is set',
  ),
  DATABASE_OWNER_URL: postgres().optional().describe('the same database as the role tessera_owner; only migrations need it'),
  REDIS_URL: z
    .url({ protocol: /^rediss?$/, ...must('a Redis address like redis://host:6379') })
    .optional()
    .describe(
      'jobs and the counts of limits go through this Redis; unless set, jobs go through PostgreSQL, and each process counts for itself',
    ),

  PORT: whole('a port, from 1 to 65535', 65535).default(3000).describe('where the API listens'),
  HOST: text('an address such as 127.0.0.1').default('127.0.0.1').describe('the address it listens on; 0.0.0.0 for all'),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/, ...must('an address like https://crm.example.com') })
    .optional()
    .describe(
      'the address of your web client, to whose pages (accept-invitation, verify-email, reset-password, forgot-password) e-mails lead, and the issuer of tokens, which end when it changes; http://localhost:PORT unless set',
    ),
  CORS_ORIGINS: z.string().default('').transform(words).describe('origins whose pages may call the API, separated by commas'),
  TRUST_PROXY: z
    .string()
    .default('')
    .transform((value) =>
      value === 'true' ? true : /^\d+$/.test(value) ? Number(value) : value && value !== 'false' ? words(value) : false,
    )
    .refine(
      (proxies) => !Array.isArray(proxies) || proxies.every(isProxy),
      'must be addresses or networks like 10.0.0.0/8, how many there are, or true',
    )
    .describe(
      'proxies whose X-Forwarded-For is believed: their addresses or networks, how many there are (where nobody comes past them), or true for any',
    ),

  SECRET_KEY: text('a secret of at least 32 characters (openssl rand -base64 48)').describe(
    'signs tokens, links and cursors; at least 32 characters (openssl rand -base64 48); npm start invents one unless set',
  ),
  ACCESS_KEYS: keys
    .optional()
    .describe('Ed25519 keys, a JSON list of JWK: the first signs access tokens, the others still verify; SECRET_KEY signs them unless set'),

  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], must('fatal, error, warn, info, debug, trace or silent'))
    .default('info')
    .describe('the least important line that is still written'),
  LOG_FORMAT: z
    .enum(['json', 'pretty'], must('json or pretty'))
    .optional()
    .describe('json or pretty; json in production and pretty elsewhere unless set'),
  METRICS_TOKEN: text('at least 16 characters')
    .min(16, must('at least 16 characters'))
    .optional()
    .describe('the bearer token that /metrics asks for; open to all who reach it unless set'),

  SMTP_URL: z
    .url({ protocol: /^smtps?$/, ...must('a mail server like smtp://user:password@host:587') })
    .optional()
    .describe('the mail server; e-mails are kept in OUTBOX_DIR unless set'),
  MAIL_FROM: text('a sender like Tessera <no-reply@example.com>').default('Tessera <no-reply@localhost>').describe('the sender of e-mails'),
  OUTBOX_DIR: text('a folder').default('.tessera/mail').describe('the folder of the e-mails that have no server to go to'),
  STORAGE_DIR: text('a folder').default('.tessera/files').describe('the folder of uploaded and generated files'),

  RATE_LIMITS: z.enum(['on', 'off'], must('on or off')).optional().describe('on or off; on in production and off elsewhere unless set'),
  LIMIT_CALLER: whole().default(600).describe('requests per minute of one caller; without REDIS_URL these limits hold in each process'),
  LIMIT_ORGANIZATION: whole().default(3000).describe('requests per minute of one organization'),
  LIMIT_LOGIN: whole().default(10).describe('log-ins per minute from one address to one account'),
  LIMIT_REGISTER: whole().default(60).describe('registrations per hour from one address'),
  LIMIT_LETTERS: whole()
    .default(300)
    .describe('letters per hour that one caller, and one organization, has sent: invitations and the like'),
  LIMIT_LETTERS_TO: whole().default(6).describe('such letters per hour to one recipient'),

  WEB_CONCURRENCY: whole().default(1).describe('processes that share the port of the API; every number below counts for each of them'),
  READ_CONNECTIONS: whole()
    .default(2)
    .describe('shared connections of the read lane, in each process; as many again once slow queries held them all up'),
  WIDE_CONNECTIONS: whole().default(2).describe('connections for searches, counts and timelines, in each process'),
  SLOW_CONNECTIONS: whole().default(2).describe('connections for reports, in each process'),
  WRITE_POOL: whole().default(10).describe('connections for transactions, in each process'),
  POOL_WAIT_MS: whole()
    .default(750)
    .describe('milliseconds a transaction waits for a connection before the caller is told 503, which he should know within a second'),
  QUEUE_POOL: whole().default(8).describe('connections for jobs on PostgreSQL, in each process'),
  REQUEST_TIMEOUT_MS: whole()
    .default(300_000)
    .describe('milliseconds within which a request must have arrived whole, a file of 64 MiB too; its headers within 30 seconds'),
  FAILPOINTS: text('a folder').optional().describe('for fault tests alone: the folder that names where to die; refused in production'),
  STATEMENT_TIMEOUT_MS: whole().default(5000).describe('milliseconds after which PostgreSQL gives a statement up'),
});

export type Settings = ReturnType<typeof loadSettings>;

/** The environment does not make sense. The message is for whoever starts the program: a sentence for each variable, no values. */
export class SettingsError extends Error {
  override name = 'SettingsError';
}

/**
 * Reads and checks an environment; an empty variable counts as unset.
 * @throws SettingsError that names every variable that is missing or wrong, and in production a SECRET_KEY that protects nothing and what is
 * for fault tests
 */
export function loadSettings(environment: Record<string, string | undefined>) {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim()));
  const result = Settings.safeParse(given);
  const wrong = new Map((result.error?.issues ?? []).map(({ path, message }) => [String(path[0]), message] as const).reverse());
  const weakness = given.NODE_ENV === 'production' && given.SECRET_KEY && weaknessOf(given.SECRET_KEY);
  if (weakness) wrong.set('SECRET_KEY', weakness);
  if (given.NODE_ENV === 'production' && given.FAILPOINTS) wrong.set('FAILPOINTS', 'is for fault tests and not for production');
  const complaints = Object.keys(Settings.shape).flatMap((name) => (wrong.has(name) ? `${name} ${wrong.get(name)}.` : []));
  if (!result.success || complaints.length) throw new SettingsError(complaints.join('\n'));

  const { data } = result;
  const production = data.NODE_ENV === 'production';
  return {
    ...data,
    PUBLIC_URL: (data.PUBLIC_URL ?? `http://localhost:${data.PORT}`).replace(/\/+$/, ''),
    LOG_FORMAT: data.LOG_FORMAT ?? (production ? 'json' : 'pretty'),
    RATE_LIMITS: data.RATE_LIMITS ?? (production ? 'on' : 'off'),
  };
}

/**
 * Where migrations go. Outside production the application's own role may stand in for the owner, for a database made by hand.
 * @throws SettingsError when production names no owner
 */
export function ownerUrl({ NODE_ENV, DATABASE_OWNER_URL, DATABASE_URL }: Settings) {
  if (!DATABASE_OWNER_URL && NODE_ENV === 'production')
    throw new SettingsError('DATABASE_OWNER_URL is missing; migrations run as the owner.');
  return DATABASE_OWNER_URL ?? DATABASE_URL;
}

function weaknessOf(secret: string) {
  if (secret.length < SHORTEST_SECRET) return `must have at least ${SHORTEST_SECRET} characters (openssl rand -base64 48)`;
  const known = WELL_KNOWN.some((piece) => secret.toLowerCase().includes(piece)) || new Set(secret).size < 10;
  return known ? 'is one that everybody can guess; make another (openssl rand -base64 48)' : undefined;
}

let loaded: Settings | undefined;

/** The settings of this process, read at the first use, so that a unit test that needs none has to set none. */
export const settings = new Proxy<Settings>(Object.create(null), {
  get: (_, name) => Reflect.get((loaded ??= loadSettings(process.env)), name),
});
