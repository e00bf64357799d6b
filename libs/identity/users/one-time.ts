import { after, Bus, EntityManager, now, problem, Read, uuidv7 } from '#kernel';
import { LockMode } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { SendOneTimeLetter } from '../letters/send-one-time-letter.ts';
import { DerivedSecrets, hashSecret } from '../tokens.ts';
import { oneTimeSecret, OneTimeToken, type Purpose, PURPOSES, User } from './user.ts';

export const linkEnded = problem('link.ended', 422, 'This link has been used, has ended or never was; ask for a new one');

/** Links that are good once. The secret follows from the token's id and is in the letter only: stored are its hash and the id. */
@Injectable()
export class OneTime {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
    private readonly read: Read,
    private readonly secrets: DerivedSecrets,
  ) {}

  /** Promises a letter with a link; earlier links for the same purpose end. */
  async send(userId: string, purpose: Purpose): Promise<void> {
    await this.end(userId, purpose);
    await this.another(userId, purpose);
  }

  /** The same, and earlier links stay good: where anybody may ask for it, he would end the one that is just being clicked. */
  async another(userId: string, purpose: Purpose): Promise<void> {
    const id = uuidv7();
    const expiresAt = after(now(), { minutes: PURPOSES[purpose] });
    this.em.create(OneTimeToken, { id, userId, purpose, hash: hashSecret(oneTimeSecret(this.secrets, id)), expiresAt });
    await this.bus.later(new SendOneTimeLetter(id), { key: id, subjectId: userId });
  }

  /** The address a link was sent to, as long as it is good: asked before anything that costs more than asking. @throws link.ended */
  async addressOf(secret: string, ...purposes: Purpose[]): Promise<string> {
    const [found] = await this.read.platform<{ email: string }>(
      'address_of_link',
      `select u.email from one_time_token t join "user" u on u.id = t.user_id
       where t.hash = $1 and t.purpose = any($2::text[]) and t.used_at is null and t.expires_at > $3::timestamptz`,
      [hashSecret(secret), purposes, now().toISOString()],
    );
    if (!found) throw linkEnded();
    return found.email;
  }

  /** Uses a link up, and says whose it was. @throws link.ended */
  async redeem(secret: string, ...purposes: Purpose[]): Promise<User> {
    const token = await this.em.findOne(
      OneTimeToken,
      { hash: hashSecret(secret), purpose: { $in: purposes } },
      { lockMode: LockMode.PESSIMISTIC_WRITE },
    );
    if (!token || token.usedAt || token.expiresAt <= now()) throw linkEnded();
    token.usedAt = now();
    return this.em.findOneOrFail(User, { id: token.userId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  }

  /** The links that somebody still has lead nowhere any more. */
  async end(userId: string, ...purposes: Purpose[]): Promise<void> {
    for (const token of await this.em.find(OneTimeToken, { userId, purpose: { $in: purposes }, usedAt: null })) token.usedAt = now();
  }
}
