import { controller, crud, del, get, listUnder, post } from '#kernel';
import { activityRoutes } from '../activities/activity-routes.ts';
import { CreateDeal } from './create-deal.ts';
import { Deal } from './deal.ts';
import { DealChanges, Losing, Moving, NewDeal, Reopening, Winning } from './deal-input.ts';
import { AddDealContact, dealContactList, DealContactView, NewDealContact, RemoveDealContact, ShowDealContact } from './deal-people.ts';
import { chapterList, dealList, DealView } from './deal-view.ts';
import { LoseDeal } from './lose-deal.ts';
import { MoveDeal } from './move-deal.ts';
import { ReopenDeal } from './reopen-deal.ts';
import { RestoreDeal } from './restore-deal.ts';
import { UpdateDeal } from './update-deal.ts';
import { WinDeal } from './win-deal.ts';

const example = {
  title: 'Ten workstations',
  amount: '12500.00',
  stage: 'qualification',
  expected_close_date: '2027-01-29',
  tags: ['hardware'],
};
const isOpen = ({ status }: Record<string, unknown>) => status === 'new' || status === 'in_progress';
const isClosed = (row: Record<string, unknown>) => !isOpen(row);

export const DealsController = controller(
  'deals',
  {
    ...crud({
      of: Deal,
      called: 'a deal',
      view: DealView,
      list: dealList,
      create: [CreateDeal, NewDeal, example],
      update: [UpdateDeal, DealChanges, { next_step: 'Send the offer', amount: '13000.00' }],
    }),
    restore: post(':id/restore', RestoreDeal, { does: 'Restore a deal', answers: DealView, problems: ['deal.contact_deleted'] }),
    win: post(':id/win', WinDeal, {
      does: 'Win a deal; the amount may come along',
      body: Winning,
      answers: DealView,
      when: isOpen,
      example: { amount: '12500.00' },
      problems: ['deal.won_requires_amount', 'deal.rollback_forbidden'],
    }),
    lose: post(':id/lose', LoseDeal, {
      does: 'Lose a deal',
      body: Losing,
      answers: DealView,
      when: isOpen,
      example: { lost_reason: 'Bought elsewhere' },
      problems: ['deal.lost_requires_reason', 'deal.rollback_forbidden'],
    }),
    reopen: post(':id/reopen', ReopenDeal, {
      does: 'Open a closed deal again, in the stage that is named or the one where it was open last',
      body: Reopening,
      answers: DealView,
      when: isClosed,
      takes: { action: 'rollback', subject: Deal },
      example: { stage: 'negotiation' },
      problems: ['deal.rollback_forbidden', 'deal.contact_deleted'],
    }),
    move: post(':id/move', MoveDeal, {
      does: 'Move a deal to another stage or, with its stage, to another pipeline',
      body: Moving,
      answers: DealView,
      example: { stage: 'proposal' },
      problems: ['deal.rollback_forbidden', 'deal.stage_required', 'deal.stage_elsewhere', 'deal.outcome_required', 'deal.contact_deleted'],
    }),
    ...activityRoutes(DealView, 'dealId', 'a deal'),
    history: listUnder(':id/history', DealView, 'dealId', chapterList, 'List what a deal was after each change, newest first'),
    contacts: listUnder(':id/contacts', DealView, 'dealId', dealContactList, 'List the other people of a deal'),
    addContact: post(':id/contacts', AddDealContact, {
      does: 'Name a person who has a part in a deal',
      body: NewDealContact,
      answers: DealContactView,
      status: 201,
      example: { contact_id: '019a9f5e-0000-7000-8000-000000000001', role: 'decision maker' },
    }),
    getContact: get(':id/contacts/:part_id', ShowDealContact, { does: "Read somebody's part in a deal", answers: DealContactView }),
    removeContact: del(':id/contacts/:part_id', RemoveDealContact, { does: 'Take a person out of a deal', answers: 'deleted' }),
  },
  { of: Deal },
);
