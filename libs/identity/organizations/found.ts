import { actingAs, Bus, call, EntityManager, founding, slugify, system, uuidv7 } from '#kernel';
import { Injectable } from '@nestjs/common';
import { Membership } from '../members/membership.ts';
import { Organization } from './organization.ts';

/** What a new organization is told of itself. */
export interface Founded {
  name: string;
  slug?: string;
  timeZone?: string;
  currency?: string;
  locale?: string;
  plan?: Organization['plan'];
}

/** Founds an organization with its first owner, and lets every context furnish it, in the open transaction. */
@Injectable()
export class Founding {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}

  /** `id` must be the organization the transaction runs in: what the contexts furnish lies behind its policy. */
  async found(id: string, ownerId: string, given: Founded): Promise<Organization> {
    const organization = this.em.create(Organization, { ...given, id, slug: given.slug ?? (await this.freeSlug(given.name)) });
    this.em.create(Membership, { organizationId: id, userId: ownerId, role: 'owner' });
    await this.em.flush();
    const { requestId } = call();
    const furnish = async () => {
      for (const Furnish of founding) await this.bus.run(new Furnish());
      await this.em.flush();
    };
    await actingAs(system(organization.facts(), ownerId), furnish, { requestId });
    return organization;
  }

  private async freeSlug(name: string): Promise<string> {
    const slug = slugify(name);
    const taken = await this.em.count(Organization, { slug, deletedAt: null });
    // Two that are founded at once under the same name: the second is refused and may be sent again.
    return taken ? `${slug}-${uuidv7().slice(-6)}` : slug;
  }
}
