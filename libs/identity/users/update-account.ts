import { Bus, Command, EntityManager, Handles, text } from '#kernel';
import { z } from 'zod';
import { signedIn } from '../sessions/who.ts';
import { noteAccountChange } from './note-account-change.ts';
import { User, UserView } from './user.ts';

export const AccountChanges = z.strictObject({ name: text({ max: 200 }).check.optional() }).meta({ id: 'AccountChanges' });

/** Changes what the caller is called, in every organization he belongs to. */
export class UpdateAccount extends Command<{ user: object }> {
  constructor(readonly changes: z.output<typeof AccountChanges>) {
    super();
  }
}

@Handles(UpdateAccount, 'user')
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}

  async execute({ changes: { name } }: UpdateAccount) {
    const user = await this.em.findOneOrFail(User, { id: signedIn().userId });
    if (name !== undefined && name !== user.name) {
      await noteAccountChange(this.em, this.bus, user.id, { name: user.name }, { name });
      user.name = name;
    }
    return { user: UserView.show(user) };
  }
}
