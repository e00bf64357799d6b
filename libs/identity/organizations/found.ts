import { actingAs, Bus, call, EntityManager, founding, slugify, system, uuidv7 } from '#kernel';
import { Injectable } from '@nestjs/common';
import { Membership } from './membership.ts';
import { Organization } from './organization.ts';

/** Founds an organization with its first owner, and lets every context furnish it, in the open transaction. */
@Injectable()
export class Founding {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}

  /** `id` must be the organization the transaction runs in: what the contexts furnish lies behind its policy. */
  async found(id: string, ownerId: string, given: { name: string; timeZone?: string; currency?: string; locale?: string }): Promise<Organization> {
    const organization = this.em.create(Organization, { ...given, id, slug: await this.freeSlug(given.name) });
    this.em.create(Membership, { organizationId: id, userId: ownerId, role: 'owner' });
    await this.em.flush();
    const { requestId } = call();
    await actingAs(system(organization.facts(), ownerId), async () => {
      for (const Furnish of founding) await this.bus.run(new Furnish());
      await this.em.flush();
    }, { requestId });
    return organization;
  }

  private async freeSlug(name: string): Promise<string> {
    const slug = slugify(name).slice(0, 60);
    const taken = await this.em.count(Organization, { slug });
    return taken ? `${slug}-${uuidv7().slice(-6)}` : slug;
  }
}
