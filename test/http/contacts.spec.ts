import { world } from '../world.ts';

describe('contacts', () => {
  it('what was created is read back, and nobody from another organization sees it', async () => {
    const { member, stranger } = await world();
    const made = await member.post('contacts', { name: 'Ada Lovelace' });
    expect(made.status).toBe(201);
    expect((await member.get(`contacts/${made.data.id}`)).data).toEqual(made.data);
    expect((await stranger.get(`contacts/${made.data.id}`)).status).toBe(404);
    expect((await stranger.get('contacts')).data).toEqual([]);
  });

  it('a member changes his own, a manager any', async () => {
    const { member, colleague, manager } = await world();
    const { data } = await member.post('contacts', { name: 'Ada Lovelace' });
    expect((await colleague.patch(`contacts/${data.id}`, { name: 'Bob' })).status).toBe(403);
    expect((await member.patch(`contacts/${data.id}`, { name: 'Bob' })).status).toBe(200);
    expect((await manager.patch(`contacts/${data.id}`, { name: 'Cy' })).data).toMatchObject({ name: 'Cy', version: 3 });
  });
});
