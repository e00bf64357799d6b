// Read at the first use of the settings, which is when the application is loaded: one proxy stands before it.
Object.assign(process.env, { RATE_LIMITS: 'on', LIMIT_LOGIN: '2', TRUST_PROXY: '1' });
const { send } = await import('../world.ts');
const { anEmail, bearer, PASSWORD, registered } = await import('../people.ts');

const wrongly = (email: string, forwarded: string) =>
  send('POST', 'auth/login', { email, password: 'wrong password' }, { 'x-forwarded-for': forwarded });
const statuses = (answers: { status: number }[]) => answers.map(({ status }) => status).sort();

describe('behind one proxy', () => {
  it('the address that the proxy saw counts, whatever the client put before it', async () => {
    const email = anEmail();
    const answers = await Promise.all(Array.from({ length: 6 }, (_, n) => wrongly(email, `203.0.113.${n}, 198.51.100.7`)));
    expect(statuses(answers)).toEqual([401, 401, 429, 429, 429, 429]);
  });

  it('and two clients are two', async () => {
    const email = anEmail();
    const answers = await Promise.all(Array.from({ length: 4 }, (_, n) => wrongly(email, `198.51.100.${n % 2}`)));
    expect(statuses(answers)).toEqual([401, 401, 401, 401]);
  });

  it('a session says where it was opened from', async () => {
    const { email } = await registered();
    const forwarded = { 'x-forwarded-for': '203.0.113.9, 198.51.100.44' };
    const { data } = await send('POST', 'auth/login', { email, password: PASSWORD }, forwarded);
    const sessions = await send('GET', 'auth/sessions', undefined, bearer(data.access_token as string));
    const addresses = (sessions.data as { address: string }[]).map(({ address }) => address);
    expect(addresses.sort()).toEqual(['127.0.0.1', '198.51.100.44']);
  });
});
