import { Bus, EntityManager, now } from '#kernel';
import { Injectable } from '@nestjs/common';
import { SendPasswordChanged } from '../letters/send-password-changed.ts';
import { unlock } from '../sessions/credentials.ts';
import { Sessions } from '../sessions/sessions.ts';
import { noteAccountChange } from './note-account-change.ts';
import { OneTime } from './one-time.ts';
import type { User } from './user.ts';

/** What a new password brings with it, whoever sets it. */
@Injectable()
export class NewPassword {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
    private readonly sessions: Sessions,
    private readonly oneTime: OneTime,
  ) {}

  /**
   * All sessions but the one that asks end, and so do links to choose one; a locked account is open again, and the user is told. The hash is made before a connection is
   * taken, of a password that was found good.
   */
  async set(user: User, passwordHash: string, except?: string): Promise<void> {
    const first = user.passwordHash === null;
    user.passwordHash = passwordHash;
    await noteAccountChange(this.em, this.bus, user.id, { password_hash: first ? null : '***' }, { password_hash: '***' });
    await this.sessions.endAll(user.id, except);
    await this.oneTime.end(user.id, 'reset', 'welcome');
    await unlock(this.em, 'user', user.email);
    if (!first) await this.bus.later(new SendPasswordChanged(user.id, now().toISOString()), { subjectId: user.id });
  }

  /** Nobody gets in any more, until a new one is chosen by letter. */
  async withdraw(user: User): Promise<void> {
    await this.sessions.endAll(user.id);
    if (!user.passwordHash) return;
    user.passwordHash = null;
    await noteAccountChange(this.em, this.bus, user.id, { password_hash: '***' }, { password_hash: null });
  }
}
