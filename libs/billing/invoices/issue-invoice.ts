import { Command, day, EntityManager, Handles, camelCased, problem } from '#kernel';
import { z } from 'zod';
import { loadOwed } from './contents.ts';
import { Invoice } from './invoice.ts';
import { type Dates, issue } from './issue.ts';

const date = day().check.nullish();
export const Issuing = camelCased<Dates>(['issueDate', 'dueDate'], z.strictObject({ issue_date: date, due_date: date })).meta({
  id: 'Issuing',
});
export const voidedStays = problem('invoice.voided', 409, 'A voided invoice stays voided');

/** Issues a draft; one that is issued already stays as it is. */
export class IssueInvoice extends Command<Invoice> {
  constructor(
    readonly id: string,
    readonly dates: Dates = {},
  ) {
    super();
  }
}

@Handles(IssueInvoice, 'issue', Invoice)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id, dates }: IssueInvoice) {
    const invoice = await loadOwed(this.em, id, 'along');
    if (invoice.status === 'voided') throw voidedStays();
    if (invoice.isDraft()) await issue(this.em, [invoice], dates);
    return invoice;
  }
}
