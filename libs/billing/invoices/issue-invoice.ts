import { Command, day, EntityManager, Handles, camelCased, problem, today } from '#kernel';
import { z } from 'zod';
import { TaxRate } from '../catalog/tax-rate.ts';
import { setOff } from '../payments/allocate.ts';
import { loadOwed, type Whole } from './contents.ts';
import { Invoice } from './invoice.ts';
import { type Dates, issue } from './issue.ts';
import { mustBear } from './pricing.ts';

const date = day().check.nullish();
export const Issuing = camelCased<Dates>(['issueDate', 'dueDate'], z.strictObject({ issue_date: date, due_date: date })).meta({
  id: 'Issuing',
});
export const voidedStays = problem('invoice.voided', 409, 'A voided invoice stays voided');

/** Issues a draft; one that is issued already stays as it is. @throws tax_rate.not_valid, and what issuing does */
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
    const gives = (await this.em.count(Invoice, { id, kind: 'invoice', payable: { $lt: 0n } })) > 0;
    const invoice = await loadOwed(this.em, id, gives ? 'alone' : 'along');
    if (invoice.status === 'voided') throw voidedStays();
    if (!invoice.isDraft()) return invoice;
    const day = dates.issueDate ?? invoice.issueDate ?? today(invoice.timeZone);
    await ratesHold(this.em, invoice, day);
    // Before its day it pays nothing: it may still be voided.
    const given = gives && day <= today(invoice.timeZone) ? await setOff(this.em, invoice, -invoice.payable, day) : 0n;
    await issue(this.em, [invoice], dates);
    if (given) invoice.give(given);
    return invoice;
  }
}

/** A draft may have waited for longer than its tax rates are valid. @throws tax_rate.not_valid */
async function ratesHold(em: EntityManager, { lines }: Whole, day: string) {
  const ids = lines.flatMap(({ taxRateId }) => taxRateId ?? []);
  const rates = ids.length ? await em.find(TaxRate, { id: { $in: ids } }) : [];
  for (const line of lines) for (const rate of rates) if (rate.id === line.taxRateId) mustBear(rate, line, day);
}
