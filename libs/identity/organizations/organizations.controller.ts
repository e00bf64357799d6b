import { controller, del, get, patch, post, single } from '#kernel';
import { z } from 'zod';
import { Transfer, TransferOwnership } from '../members/transfer-ownership.ts';
import { Paging } from '../sessions/paging.ts';
import { FoundOrganization, NewOrganization } from './create-organization.ts';
import { DeleteOrganization } from './delete-organization.ts';
import { MyOrganizations } from './my-organizations.ts';
import { Organization, OrganizationView } from './organization.ts';
import { Place } from './places.ts';
import { OrganizationChanges, UpdateOrganization } from './update-organization.ts';

const mine = { query: Paging, answers: z.array(Place) };

export const OrganizationsController = controller(
  'organizations',
  {
    list: get('', MyOrganizations, { ...mine, does: 'List your organizations' }),
    me: get('me', MyOrganizations, { ...mine, does: 'List your organizations' }),
    create: post('', FoundOrganization, {
      does: 'Found a further organization; you become its owner',
      body: NewOrganization,
      answers: OrganizationView,
      example: { name: 'Analytical Engines', time_zone: 'Europe/London', currency: 'GBP' },
    }),
    get: single(':id', OrganizationView, 'Read an organization of yours'),
    update: patch(':id', UpdateOrganization, {
      does: 'Change an organization; the slug is for its owner to change',
      body: OrganizationChanges,
      answers: OrganizationView,
      example: { settings: { record_visibility: 'own' } },
    }),
    delete: del(':id', DeleteOrganization, { does: 'Delete an organization', answers: 'deleted' }),
    transfer: post(':id/transfer', TransferOwnership, {
      does: 'Hand ownership over to another member; you go on as admin',
      body: Transfer,
      answers: OrganizationView,
    }),
  },
  { of: Organization },
);
