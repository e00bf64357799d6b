import { Injectable } from '@nestjs/common';
import { logger } from '../logger.ts';
import { outside, reasonOf } from './backlog.ts';
import { Housekeeping } from './housekeeping.ts';
import { type Listed, Organizations } from './organizations.ts';
import { Outbox } from './outbox.ts';
import { Sealer } from './seal.ts';

const SEAL_MS = 2_000;
const HOUR_MS = 3_600_000;

/** What is always to be done: sealing the audit log where something happened, and once an hour everywhere; throwing away old rows. */
@Injectable()
export class Chores {
  private readonly timers: NodeJS.Timeout[] = [];
  private work: Promise<void> = Promise.resolve();
  private readonly left = new Set<string>();
  /** What is waiting is not queued twice. */
  private readonly waiting = new Set<string>();
  private stopping = false;

  constructor(
    private readonly outbox: Outbox,
    private readonly sealer: Sealer,
    private readonly organizations: Organizations,
    private readonly housekeeping: Housekeeping,
  ) {}

  start() {
    this.queue('hourly', () => this.hourly());
    this.timers.push(setInterval(() => this.queue('sealing', () => this.sealStirred()), SEAL_MS));
    this.timers.push(setInterval(() => this.queue('hourly', () => this.hourly()), HOUR_MS));
  }

  async stop() {
    this.stopping = true;
    for (const timer of this.timers) clearInterval(timer);
    await this.work;
  }

  /** One after the other. */
  private queue(name: string, chore: () => Promise<void>) {
    if (this.waiting.has(name)) return;
    this.waiting.add(name);
    const next = async () => {
      this.waiting.delete(name);
      await chore().catch((error) => logger.error(`Chore ${name} failed: ${reasonOf(error)}`));
    };
    this.work = this.work.then(() => outside(next));
  }

  /** Every change of a row leaves a message, so the outbox knows where there is something to seal. */
  private async sealStirred() {
    for (const id of this.outbox.takeStirred()) this.left.add(id);
    for (const id of [...this.left]) {
      if (this.stopping) return;
      const organization = await this.organizations.find(id);
      if (!organization || (await this.seal(organization))) this.left.delete(id);
    }
  }

  /** Whether it is sealed now. What is wrong with one organization's log must not leave the others' unsealed. */
  private async seal(organization: Listed, thorough = false): Promise<boolean> {
    try {
      return (await this.sealer.seal(organization, { thorough })) !== null;
    } catch (error) {
      logger.error({ err: error, organization: organization.id }, `Sealing failed: ${reasonOf(error)}`);
      return false;
    }
  }

  private async hourly() {
    for (const organization of await this.organizations.all()) {
      if (this.stopping) return;
      await this.seal(organization, true);
    }
    await this.housekeeping.purge();
  }
}
