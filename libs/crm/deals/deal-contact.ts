import { entity, ref, text } from '#kernel';
import { Contact } from '../contacts/contact.ts';
import { Deal } from './deal.ts';

/** One more person who has a part in a deal. */
export class DealContact extends entity(
  'deal_contact',
  {
    dealId: ref(() => Deal),
    contactId: ref(() => Contact),
    role: text({ max: 100 }).optional().describe('The part played', 'decision maker'),
  },
  { unique: [{ on: ['dealId', 'contactId'] }] },
) {}
