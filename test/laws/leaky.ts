import { Command, Context, controller, EntityManager, get, Handles, patch, post, Query, Read } from '#kernel';
import { z } from 'zod';

/** Routes with the mistakes that the sweep is there to find. Only its canary serves them. */
class LeakyRead extends Query<object[]> {
  constructor(readonly id: string) {
    super();
  }
}
@Handles(LeakyRead, 'user')
class ReadHandler {
  constructor(private readonly read: Read) {}
  execute({ id }: LeakyRead) {
    return this.read.platform<object>('leaky_one', 'select id, name from organization where id = $1', [id]);
  }
}
class LeakyList extends Query<object[]> {}
@Handles(LeakyList, 'user')
class ListHandler {
  constructor(private readonly read: Read) {}
  execute() {
    return this.read.platform<object>('leaky_all', 'select id, name from organization order by created_at desc limit 1000', []);
  }
}
class LeakyRename extends Command<object[]> {
  constructor(
    readonly id: string,
    readonly input: { name: string },
  ) {
    super();
  }
}
@Handles(LeakyRename, 'user')
class RenameHandler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, input }: LeakyRename) {
    await this.em.execute('update organization set name = ? where id = ?', [input.name, id]);
    return [];
  }
}
class LeakyPick extends Command<object[]> {
  constructor(readonly input: { contact_id: string }) {
    super();
  }
}
@Handles(LeakyPick, 'user')
class PickHandler {
  async execute() {
    return [];
  }
}
const rows = z.array(z.object({ id: z.guid(), name: z.string() }));
export const LeakyController = controller('leaky/organizations', {
  read: get(':organization_id', LeakyRead, { does: 'Leak', answers: rows }),
  list: get('', LeakyList, { does: 'Leak', answers: rows }),
  rename: patch(':organization_id', LeakyRename, { does: 'Leak', body: z.strictObject({ name: z.string() }), answers: rows }),
  pick: post('pick', LeakyPick, { does: 'Leak', body: z.strictObject({ contact_id: z.guid() }), answers: rows }),
});

@Context({ entities: [], permissions: {}, controllers: [LeakyController], useCases: [LeakyRead, LeakyList, LeakyRename, LeakyPick] })
export class LeakyModule {}
export const isLeaky = ({ path }: { path: string }) => path.startsWith('leaky');
