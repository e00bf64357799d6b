import { choice, day, entity, ref, text, whole } from '#kernel';
import { BillingEntity } from '../billing-entities/billing-entity.ts';
import { KINDS } from './kinds.ts';

/** The count of the numbers of a seller's documents of one kind, in one year or month where the pattern has it. See take-numbers.ts. */
export class NumberSeries extends entity(
  'number_series',
  {
    billingEntityId: ref(() => BillingEntity),
    kind: choice(KINDS),
    period: text({ min: 0, max: 7 }),
    next: whole({ min: 1 }),
    lastIssuedOn: day(),
  },
  { quiet: true, unique: [{ on: ['billingEntityId', 'kind', 'period'] }] },
) {}
