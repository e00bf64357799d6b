import { Command, email, EntityManager, Handles, text, uuidv7 } from '#kernel';
import { LockMode } from '@mikro-orm/core';
import { z } from 'zod';
import { signedIn } from '../sessions/who.ts';
import { NewPassword } from '../users/new-password.ts';
import { OneTime } from '../users/one-time.ts';
import { User } from '../users/user.ts';
import { Founding } from './found.ts';
import { Organization } from './organization.ts';

export const NewOrganization = Organization.input('name', 'timeZone', 'currency', 'locale').meta({ id: 'NewOrganization' });

/** A further organization of the caller's, who becomes its owner. */
export class FoundOrganization extends Command<Organization> {
  override readonly inside = uuidv7();
  constructor(readonly input: z.output<typeof NewOrganization>) {
    super();
  }
}

@Handles(FoundOrganization, 'user')
class FoundHandler {
  constructor(private readonly founding: Founding) {}

  async execute({ inside, input }: FoundOrganization) {
    return this.founding.found(inside, signedIn().userId, input);
  }
}

export const NewCustomer = z
  .strictObject({
    name: text({ max: 200 }).check,
    owner_email: email().check,
    owner_name: text({ max: 200 }).check.optional().meta({ description: 'For an account that is made now; the e-mail unless given' }),
    plan: z.enum(['free', 'standard', 'enterprise']).optional(),
    time_zone: Organization.fields.timeZone.check.optional(),
    currency: Organization.fields.currency.check.optional(),
    locale: Organization.fields.locale.check.optional(),
  })
  .meta({ id: 'NewCustomer' });

/**
 * An organization for somebody else. An owner without an account gets one, and a letter with a link to choose a password. Whoever has
 * registered the e-mail and never confirmed it may be somebody else: what he could get in with ends, and who has the mailbox goes on.
 */
export class CreateOrganization extends Command<Organization> {
  override readonly inside = uuidv7();
  constructor(readonly input: z.output<typeof NewCustomer>) {
    super();
  }
}

@Handles(CreateOrganization, 'operator')
class CreateHandler {
  constructor(
    private readonly em: EntityManager,
    private readonly founding: Founding,
    private readonly newPassword: NewPassword,
    private readonly oneTime: OneTime,
  ) {}

  async execute({ inside, input }: CreateOrganization) {
    const { name, owner_email: address, owner_name: ownerName, plan, time_zone: timeZone, currency, locale } = input;
    let owner = await this.em.findOne(User, { email: address }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    owner ??= this.em.create(User, { email: address, name: ownerName ?? address.slice(0, 200) });
    await this.em.flush();
    if (!owner.emailVerifiedAt) {
      await this.newPassword.withdraw(owner);
      await this.oneTime.send(owner.id, 'welcome');
    }
    const given = { name, plan, timeZone, currency, locale };
    const told = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as typeof given & { name: string };
    return this.founding.found(inside, owner.id, told);
  }
}
