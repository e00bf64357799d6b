import { formatAmount, Handles, Query, Read } from '#kernel';
import { z } from 'zod';
import { Contact } from '../contacts/contact.ts';
import { Deal, STATUSES } from '../deals/deal.ts';
import { Task } from '../tasks/task.ts';
import { Company } from './company.ts';
import { CompanyView } from './company-view.ts';

const count = z.object({ count: z.int() });
const deals = z.object({
  count: z.int(),
  by_status: z.array(z.object({ status: z.enum(STATUSES), currency: z.string(), count: z.int(), total_amount: z.string() })),
});
export const CompanySummaryView = z
  .object({ company_id: z.guid(), contacts: count, subsidiaries: count, open_tasks: count, deals })
  .meta({ id: 'CompanySummary' });

/** What there is around a company, as far as the caller may read it. Amounts are not converted: one line for each currency. */
export class CompanySummary extends Query<z.output<typeof CompanySummaryView>> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(CompanySummary, 'read', Company)
class Handler {
  constructor(private readonly read: Read) {}

  async execute({ id }: CompanySummary) {
    await this.read.one(CompanyView, id);
    const [contacts, subsidiaries, tasks, sums] = await Promise.all([
      this.contacts(id),
      this.subsidiaries(id),
      this.openTasks(id),
      this.deals(id),
    ]);
    const by_status = sums.map(({ status, currency, n, total }) => ({
      status,
      currency,
      count: Number(n),
      total_amount: formatAmount(BigInt(total), currency),
    }));
    return {
      company_id: id,
      contacts: { count: Number(contacts[0]!.n) },
      subsidiaries: { count: Number(subsidiaries[0]!.n) },
      open_tasks: { count: Number(tasks[0]!.n) },
      deals: { count: by_status.reduce((all, line) => all + line.count, 0), by_status },
    };
  }

  private contacts(id: string) {
    return this.read.some(
      this.read
        .from(Contact)
        .where('contact.company_id', '=', id)
        .select(({ fn }) => fn.countAll<string>().as('n')),
    );
  }
  private subsidiaries(id: string) {
    return this.read.some(
      this.read
        .from(Company)
        .where('company.parent_id', '=', id)
        .select(({ fn }) => fn.countAll<string>().as('n')),
    );
  }
  private openTasks(id: string) {
    const tasks = this.read.from(Task).where('task.company_id', '=', id).where('task.status', 'in', ['todo', 'in_progress']);
    return this.read.some(tasks.select(({ fn }) => fn.countAll<string>().as('n')));
  }
  private deals(id: string) {
    const found = this.read
      .from(Deal)
      .where('deal.company_id', '=', id)
      .groupBy(['deal.status', 'deal.currency'])
      .orderBy('deal.status')
      .orderBy('deal.currency');
    return this.read.some(
      found.select(({ fn, ref }) => [
        'deal.status',
        'deal.currency',
        fn.countAll<string>().as('n'),
        fn.sum<string>(ref('deal.amount_e4' as 'deal.amount')).as('total'),
      ]),
    );
  }
}
