import { controller, get, patch, post } from '#kernel';
import { CreateOrganization, NewCustomer } from '../organizations/create-organization.ts';
import { Organization } from '../organizations/organization.ts';
import { Ended } from '../sessions/log-out.ts';
import {
  CustomerChanges,
  customerList,
  CustomerView,
  GetCustomer,
  ListCustomers,
  ResumeOrganization,
  SuspendOrganization,
  UpdateCustomer,
} from './customers.ts';
import { logInOperator, LogOutOperator } from './log-in-operator.ts';

const tag = 'operator';

export const OperatorAuthController = controller(
  'admin/auth',
  { login: logInOperator, logout: post('logout', LogOutOperator, { does: 'End this session of the operator', answers: Ended }) },
  { tag },
);

export const CustomersController = controller(
  'admin/organizations',
  {
    list: get('', ListCustomers, { does: 'List all organizations', list: customerList, answers: customerList }),
    create: post('', CreateOrganization, {
      does: 'Make an organization; an owner without an account gets one and a letter',
      body: NewCustomer,
      answers: CustomerView,
      example: { name: 'Analytical Engines', owner_email: 'ada@example.com' },
    }),
    get: get(':id', GetCustomer, { does: 'Read an organization', answers: CustomerView }),
    update: patch(':id', UpdateCustomer, {
      does: 'Change plan or name; suspend or resume',
      body: CustomerChanges,
      answers: CustomerView,
      example: { plan: 'standard' },
    }),
    suspend: post(':id/suspend', SuspendOrganization, {
      does: 'Shut an organization out',
      answers: CustomerView,
      when: (row) => row.suspended_at === null,
    }),
    resume: post(':id/resume', ResumeOrganization, {
      does: 'Let a suspended organization in again',
      answers: CustomerView,
      when: (row) => row.suspended_at !== null,
    }),
  },
  { of: Organization, home: false, tag },
);
