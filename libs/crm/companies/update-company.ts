import { amended, Command, EntityManager, Handles, load, tenantId } from '#kernel';
import type { z } from 'zod';
import { noteOwnerChange } from '../activities/note-owner-change.ts';
import { changed } from '../changed.ts';
import { Company, parentCycle, tidied } from './company.ts';
import type { CompanyChanges } from './company-input.ts';

/** @throws company.parent_cycle */
export class UpdateCompany extends Command<Company> {
  constructor(
    readonly id: string,
    readonly changes: z.output<typeof CompanyChanges>,
  ) {
    super();
  }
}

@Handles(UpdateCompany, 'update', Company)
class Handler {
  constructor(private readonly em: EntityManager) {}

  async execute({ id, changes }: UpdateCompany) {
    if (changes.parentId) await this.noCycle(id, changes.parentId);
    const company = await load(this.em, Company, id);
    const { ownerId } = company;
    Object.assign(company, changed(company, amended(company, tidied(changes, company))));
    noteOwnerChange(this.em, { companyId: id }, ownerId, company.ownerId);
    return company;
  }

  /** Moves within one organization's tree queue up: two that are fine alone could close a circle together. */
  private async noCycle(id: string, parentId: string) {
    await this.em.execute('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`company tree ${tenantId()}`]);
    const above = await this.em.execute<{ id: string }[]>(
      `with recursive above (id, parent_id) as (
         select id, parent_id from company where id = ?
         union select up.id, up.parent_id from company up join above on up.id = above.parent_id)
       select id from above where id = ?`,
      [parentId, id],
    );
    if (above.length)
      throw parentCycle(undefined, { details: [{ pointer: '/parent_id', code: 'cycle', message: parentCycle.problem.title }] });
  }
}
