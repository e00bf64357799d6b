import { app, world } from '../world.ts';

const read = async (url: string) => (await app()).getHttpAdapter().getInstance().inject({ url });
/** The value of the sample that begins with these words; 0 where there is none yet. */
async function sample(start: string): Promise<number> {
  const { body } = await read('/metrics');
  const line = body.split('\n').find((one) => one.startsWith(start));
  return Number(line?.split(' ').at(-1) ?? 0);
}

describe('for whoever keeps the process running', () => {
  it('it lives, and is ready while its database answers and every migration is applied', async () => {
    expect((await read('/health/live')).statusCode).toBe(200);
    const { statusCode, body } = await read('/health/ready');
    expect([statusCode, JSON.parse(body)]).toMatchObject([200, { status: 'ready' }]);
  });

  it('requests are measured by their route, never by the ids in their path', async () => {
    const { manager } = await world();
    const { id } = (await manager.post('contacts', { name: 'Ada' })).data;
    const route = 'http_request_duration_seconds_count{method="GET",route="/api/v1/contacts/:id",status="200"}';
    const before = await sample(route);
    await manager.get(`contacts/${id}`);
    expect(await sample(route)).toBe(before + 1);
    expect((await read('/metrics')).body).not.toContain(id);
  });

  it('how often a caller was remembered is told, and how often he had to be read', async () => {
    const { manager } = await world();
    const counted = () => Promise.all(['remembered', 'read'].map((outcome) => sample(`caller_lookups_total{outcome="${outcome}"}`)));
    await manager.get('contacts');
    const [remembered, fresh] = (await counted()) as [number, number];
    await manager.get('contacts');
    await manager.get('contacts');
    expect(await counted()).toEqual([remembered + 2, fresh]);
  });
});
