import { PassThrough } from 'node:stream';
import { actingAs, system } from './actor.ts';
import { createLogger } from './logger.ts';

function written(say: (logger: ReturnType<typeof createLogger>) => void, LOG_FORMAT: 'json' | 'pretty' = 'json') {
  const stream = new PassThrough();
  say(createLogger({ LOG_LEVEL: 'info', LOG_FORMAT }, stream));
  return String(stream.read() ?? '');
}
const line = (say: Parameters<typeof written>[0]) => JSON.parse(written(say)) as Record<string, unknown>;

it('never writes a secret, however deep it lies', () => {
  const request = {
    headers: { Authorization: 'Bearer abc', cookie: 'c', accept: '*/*' },
    body: { new_password: 'p', users: [{ apiKey: 'k', name: 'Ann' }] },
  };
  const text = written((logger) => logger.info({ request, refresh_token: 't', SECRET_KEY: 's' }, 'sent'));
  expect(JSON.parse(text)).toMatchObject({
    request: {
      headers: { Authorization: '[redacted]', cookie: '[redacted]', accept: '*/*' },
      body: { new_password: '[redacted]', users: [{ apiKey: '[redacted]', name: 'Ann' }] },
    },
    refresh_token: '[redacted]',
    SECRET_KEY: '[redacted]',
    msg: 'sent',
  });
});

it('keeps secrets out of errors too', () => {
  const error = Object.assign(new Error('refused'), { config: { headers: { authorization: 'Bearer abc' } } });
  expect(line((logger) => logger.error({ err: error }, 'mail'))).toMatchObject({
    err: { message: 'refused', config: { headers: { authorization: '[redacted]' } } },
  });
});

it('says on whose behalf a line was written', () => {
  const organization = { id: 'org', currency: 'EUR', timeZone: 'UTC', locale: 'en', settings: {} };
  const said = line((logger) => actingAs({ ...system(organization), userId: 'ann' }, () => logger.info('won'), { requestId: 'r1' }));
  expect(said).toMatchObject({ request_id: 'r1', organization: 'org', user: 'ann', level: 'info', msg: 'won' });
});

it('leaves out what Nest says about its own wiring, but not its warnings', () => {
  expect(written((logger) => logger.info({ context: 'InstanceLoader' }, 'AppModule dependencies initialized'))).toBe('');
  expect(line((logger) => logger.warn({ context: 'RouterExplorer' }, 'twice'))).toMatchObject({ msg: 'twice' });
});

it('leaves nobody listening on the stream, however many loggers a process makes', () => {
  const stream = new PassThrough();
  const before = stream.eventNames().length;
  for (let i = 0; i < 20; i++) createLogger({ LOG_LEVEL: 'info', LOG_FORMAT: 'pretty' }, stream);
  expect(stream.eventNames()).toHaveLength(before);
});

it('writes pretty lines without colour where nobody watches', () => {
  expect(written((logger) => logger.info({ deals: 3 }, 'imported'), 'pretty')).toMatch(
    /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: imported \{"deals":3\}\n$/,
  );
});
