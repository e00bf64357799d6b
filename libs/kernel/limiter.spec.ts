import { jest } from '@jest/globals';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { headersOf, Limiter, networkOf, type Taken } from './limiter.ts';

describe('in this process', () => {
  beforeEach(() => jest.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') }));
  afterEach(() => jest.useRealTimers());

  it('allows so many requests in so many seconds, then again', async () => {
    const limiter = new Limiter();
    const three = () => limiter.take('login', 'ada', 3, 60);
    expect(await three()).toEqual({ allowed: true, limit: 3, remaining: 2, resetSeconds: 60, bucket: 'login', seconds: 60 });
    jest.advanceTimersByTime(10_500);
    expect(await three()).toMatchObject({ allowed: true, remaining: 1, resetSeconds: 50 });
    expect(await three()).toMatchObject({ allowed: true, remaining: 0 });
    expect(await three()).toMatchObject({ allowed: false, remaining: 0, resetSeconds: 50 });
    jest.advanceTimersByTime(49_499);
    expect(await three()).toMatchObject({ allowed: false, resetSeconds: 1 });
    jest.advanceTimersByTime(1);
    expect(await three()).toMatchObject({ allowed: true, remaining: 2, resetSeconds: 60 });
  });

  it('counts every bucket and key by itself', async () => {
    const limiter = new Limiter();
    const one = (bucket: string, key: string) => limiter.take(bucket, key, 1, 60).then(({ allowed }) => allowed);
    expect(await one('login', 'ada')).toBe(true);
    expect(await one('login', 'bob')).toBe(true);
    expect(await one('register', 'ada')).toBe(true);
    expect(await one('login', 'ada')).toBe(false);
  });

  it('is exact when many come at once', async () => {
    const limiter = new Limiter();
    const all = await Promise.all(Array.from({ length: 100 }, () => limiter.take('caller', 'ada', 60, 60)));
    expect(all.filter(({ allowed }) => allowed)).toHaveLength(60);
  });
});

describe('with a Redis that fails', () => {
  const said: string[] = [];
  const log = { warn: (message: string) => void said.push(message) };
  let limiter: Limiter;
  let server: Server | undefined;
  const sockets = new Set<Socket>();

  beforeEach(() => said.splice(0));
  afterEach(async () => {
    limiter.close();
    for (const socket of sockets) socket.destroy();
    if (server) await new Promise((closed) => server?.close(closed));
    server = undefined;
  });

  const listen = async (answer: (socket: Socket) => void) => {
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      answer(socket);
    });
    await new Promise<void>((ready) => server?.listen(0, '127.0.0.1', ready));
    return (server.address() as AddressInfo).port;
  };

  it('lets every request through and says so once', async () => {
    const free = { allowed: true, limit: 1, remaining: 1, resetSeconds: 60, bucket: 'caller', seconds: 60 };
    let tried = 0;
    const thirdTry = new Promise<void>((resolve) => {
      void listen((socket) => {
        socket.destroy();
        if (++tried === 3) resolve();
      }).then((port) => (limiter = new Limiter(`redis://127.0.0.1:${port}`, log)));
    });
    await thirdTry;
    for (let n = 0; n < 5; n++) expect(await limiter.take('caller', 'ada', 1, 60)).toEqual(free);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^Redis does not answer, requests are not limited: /);
  });

  it('also when there is nobody at its address', async () => {
    const port = await listen(() => undefined);
    await new Promise((closed) => server?.close(closed));
    const warned = new Promise<string>((resolve) => {
      limiter = new Limiter(`redis://127.0.0.1:${port}`, { warn: resolve });
    });
    expect(await limiter.take('caller', 'ada', 1, 60)).toMatchObject({ allowed: true });
    expect(await warned).toMatch(/ECONNREFUSED/);
    expect(await limiter.take('caller', 'ada', 1, 60)).toMatchObject({ allowed: true });
  });

  it('does not wait for one that is silent', async () => {
    const port = await listen((socket) => socket.resume());
    limiter = new Limiter(`redis://127.0.0.1:${port}`, log);
    const began = performance.now();
    expect(await limiter.take('caller', 'ada', 2, 60)).toMatchObject({ allowed: true });
    expect(performance.now() - began).toBeLessThan(1000);
  });
});

describe('the headers', () => {
  const caller: Taken = { allowed: true, limit: 600, remaining: 599, resetSeconds: 42, bucket: 'caller', seconds: 60 };
  const organization: Taken = { allowed: false, limit: 3000, remaining: 0, resetSeconds: 7, bucket: 'organization', seconds: 60 };

  it('name the policy, what is left and when it begins anew', () => {
    expect(headersOf(caller)).toEqual({ 'RateLimit-Policy': '"caller";q=600;w=60', RateLimit: '"caller";r=599;t=42' });
  });

  it('list several, and say when to come back', () => {
    expect(headersOf(caller, organization)).toEqual({
      'RateLimit-Policy': '"caller";q=600;w=60, "organization";q=3000;w=60',
      RateLimit: '"caller";r=599;t=42, "organization";r=0;t=7',
      'Retry-After': '7',
    });
  });

  it('are well-formed whatever the name', () => {
    expect(headersOf({ ...caller, bucket: 'a"b\\c' }).RateLimit).toBe('"a\\"b\\\\c";r=599;t=42');
  });
});

describe('an address is counted as', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:cb00:7107', '203.0.113.7'],
    ['0:0:0:0:0:ffff:203.0.113.7', '203.0.113.7'],
    ['64:ff9b::203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::', '2001:db8:0:0::/64'],
    ['2001:db8::1:2:3', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    // Not of this internet: a socket of the machine, a test.
    ['', ''],
    ['somewhere', 'somewhere'],
  ])('%s → %s', (address, counted) => expect(networkOf(address)).toBe(counted));

  it('one of as many networks as there are: neighbours in the next one are somebody else', () => {
    expect(networkOf('2001:db8:1:2::1')).toBe(networkOf('2001:db8:1:2:ffff:ffff:ffff:ffff'));
    expect(networkOf('2001:db8:1:2::1')).not.toBe(networkOf('2001:db8:1:3::1'));
    expect(networkOf('203.0.113.7')).not.toBe(networkOf('203.0.113.8'));
  });
});
