import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { loadSettings, ownerUrl, SettingsError } from './settings.ts';

const DATABASE_URL = 'postgresql://tessera_app:secret@localhost:5432/tessera';
const SECRET_KEY = 'mJ4vQ8xZr1Lw6Tn0Bc7Hy3Kd9Sg5Pf2U';
const enough = { DATABASE_URL, SECRET_KEY };
const complaint = (environment: Record<string, string>) => {
  try {
    loadSettings(environment);
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
  }
  throw new Error('accepted');
};

it('needs a database and a secret, and has a default for everything else', () => {
  expect(loadSettings(enough)).toMatchObject({
    NODE_ENV: 'development',
    PORT: 3000,
    HOST: '127.0.0.1',
    PUBLIC_URL: 'http://localhost:3000',
  });
  expect(loadSettings(enough)).toMatchObject({
    LOG_FORMAT: 'pretty',
    RATE_LIMITS: 'off',
    CORS_ORIGINS: [],
    TRUST_PROXY: false,
    WRITE_POOL: 10,
  });
  expect(loadSettings({ ...enough, NODE_ENV: 'production' })).toMatchObject({ LOG_FORMAT: 'json', RATE_LIMITS: 'on' });
});

it('counts an empty variable as unset', () => {
  expect(loadSettings({ ...enough, REDIS_URL: '', PORT: ' ' })).toEqual(loadSettings(enough));
});

it('names every variable that is missing or wrong, in a sentence each and without its value', () => {
  const said = complaint({ PORT: '99999', REDIS_URL: 'http://:hunter2@x', LOG_LEVEL: 'loud', LIMIT_LOGIN: '1.5', METRICS_TOKEN: 'short' });
  expect(said.split('\n')).toEqual([
    'DATABASE_URL is missing; it must be a PostgreSQL address like postgresql://user:password@host:5432/database.',
    'REDIS_URL must be a Redis address like redis://host:6379.',
    'PORT must be a port, from 1 to 65535.',
    'SECRET_KEY is missing; it must be a secret of at least 32 characters (openssl rand -base64 48).',
    'LOG_LEVEL must be fatal, error, warn, info, debug, trace or silent.',
    'METRICS_TOKEN must be at least 16 characters.',
    'LIMIT_LOGIN must be a whole number, 1 or more.',
  ]);
});

describe('in production', () => {
  const NODE_ENV = 'production';

  it.each([
    ['short', 'mJ4vQ8xZr1Lw6Tn0', 'SECRET_KEY must have at least 32 characters (openssl rand -base64 48).'],
    [
      'out of an example',
      'development-only-secret-of-the-compose-file',
      'SECRET_KEY is one that everybody can guess; make another (openssl rand -base64 48).',
    ],
    ['the same letter', 'x'.repeat(40), 'SECRET_KEY is one that everybody can guess; make another (openssl rand -base64 48).'],
  ])('refuses a secret that is %s', (_, secret, said) => {
    expect(complaint({ NODE_ENV, DATABASE_URL, SECRET_KEY: secret })).toBe(said);
    expect(loadSettings({ DATABASE_URL, SECRET_KEY: secret }).SECRET_KEY).toBe(secret);
  });

  it('refuses what is for fault tests', () => {
    expect(complaint({ ...enough, NODE_ENV, FAILPOINTS: '/tmp/failpoints' })).toBe('FAILPOINTS is for fault tests and not for production.');
    expect(loadSettings({ ...enough, FAILPOINTS: '/tmp/failpoints' }).FAILPOINTS).toBe('/tmp/failpoints');
  });

  it('refuses to start without a database', () => {
    expect(complaint({ NODE_ENV, SECRET_KEY })).toMatch(/^DATABASE_URL is missing/);
  });

  it('migrates as the owner only', () => {
    expect(() => ownerUrl(loadSettings({ ...enough, NODE_ENV }))).toThrow('DATABASE_OWNER_URL is missing; migrations run as the owner.');
    expect(ownerUrl(loadSettings(enough))).toBe(DATABASE_URL);
  });
});

it('reads lists, proxies and keys', () => {
  const key = { kty: 'OKP', crv: 'Ed25519', kid: 'one', x: 'x', d: 'd' };
  const { d: _, ...publicKey } = { ...key, kid: 'old' };
  const read = loadSettings({
    ...enough,
    CORS_ORIGINS: 'https://a.example, https://b.example',
    TRUST_PROXY: '10.0.0.0/8,::1',
    PUBLIC_URL: 'https://crm.example/',
    ACCESS_KEYS: JSON.stringify([key, publicKey]),
  });
  expect(read).toMatchObject({ CORS_ORIGINS: ['https://a.example', 'https://b.example'], TRUST_PROXY: ['10.0.0.0/8', '::1'] });
  expect(read).toMatchObject({ PUBLIC_URL: 'https://crm.example', ACCESS_KEYS: [key, publicKey] });
  expect(loadSettings({ ...enough, TRUST_PROXY: '2' }).TRUST_PROXY).toBe(2);
  expect(loadSettings({ ...enough, TRUST_PROXY: 'loopback' }).TRUST_PROXY).toEqual(['loopback']);
  for (const wrong of ['nginx', '10.0.0.0/33', '10.0.0.1, proxy'])
    expect(complaint({ ...enough, TRUST_PROXY: wrong })).toBe(
      'TRUST_PROXY must be addresses or networks like 10.0.0.0/8, how many there are, or true.',
    );
  expect(complaint({ ...enough, DATABASE_URL: 'postgresql://localhost/tessera' })).toMatch(/^DATABASE_URL must be .* with the user\.$/);
  expect(complaint({ ...enough, ACCESS_KEYS: JSON.stringify([publicKey]) })).toMatch(/^ACCESS_KEYS must be a JSON list of Ed25519 keys/);
  expect(complaint({ ...enough, ACCESS_KEYS: '{"kty":"OKP"}' })).toMatch(/^ACCESS_KEYS must be/);
});

it('is what .env.example shows', () => {
  const written = execFileSync(process.execPath, ['scripts/env-example.ts', '--print'], { encoding: 'utf8', env: {} });
  expect(written).toBe(readFileSync('.env.example', 'utf8'));
});

it('npm start needs none, and says what is wrong with those it is given', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/start.ts'], { encoding: 'utf8', env: { PORT: '0' } });
  expect([status, stderr]).toEqual([1, 'PORT must be a port, from 1 to 65535.\n']);
});
