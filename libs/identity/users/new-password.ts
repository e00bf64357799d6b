import { Bus, EntityManager, now } from '#kernel';
import { Injectable } from '@nestjs/common';
import { SendPasswordChanged } from '../letters/send-password-changed.ts';
import { hashPassword } from '../passwords.ts';
import { accountOf } from '../sessions/credentials.ts';
import { LoginFailure } from '../sessions/session.ts';
import { Sessions } from '../sessions/sessions.ts';
import { goodPassword } from './good-password.ts';
import { noteAccountChange } from './note-account-change.ts';
import type { User } from './user.ts';

/** What a new password brings with it, whoever sets it. */
@Injectable()
export class NewPassword {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
    private readonly sessions: Sessions,
  ) {}

  /** All sessions but the one that asks end, a locked account is open again, and the user is told. @throws user.weak_password */
  async set(user: User, password: string, except?: string): Promise<void> {
    goodPassword(password, user.email);
    const first = user.passwordHash === null;
    user.passwordHash = await hashPassword(password);
    await noteAccountChange(this.em, this.bus, user.id, { password_hash: first ? null : '***' }, { password_hash: '***' });
    await this.sessions.endAll(user.id, except);
    const failures = await this.em.findOne(LoginFailure, { account: accountOf('user', user.email) });
    if (failures) this.em.remove(failures);
    if (!first) await this.bus.later(new SendPasswordChanged(user.id, now().toISOString()), { subjectId: user.id });
  }
}
