import { address, Company, Contact } from '#crm';
import { businessRecord, choice, currency, email, List, organization, problem, ref, text, whole } from '#kernel';
import { electronicAddress } from '../einvoice/electronic-address.ts';

/** taxable: as the lines say; reverse_charge and exempt: what lines are that name no tax. */
export const TAX_STATUSES = ['taxable', 'reverse_charge', 'exempt'] as const;

/** Somebody who gets invoices: a contact or a company, once each. Made with the first invoice where there is none. */
export class CustomerAccount extends businessRecord(
  'customer_account',
  {
    contactId: ref(() => Contact)
      .optional()
      .keeping(),
    companyId: ref(() => Company)
      .optional()
      .keeping(),
    name: text({ max: 255 }).optional().describe('Printed instead of the name of the contact or company'),
    email: email().optional().describe('Where invoices go, if not to the address of the contact'),
    address: address(),
    taxId: text({ max: 30 }).optional().describe('With its country; needed for reverse charge', 'FR40303265045'),
    registrationNumber: text({ max: 40 }).optional().describe('In the register of companies'),
    electronicAddress: electronicAddress().optional(),
    buyerReference: text({ max: 100 })
      .optional()
      .describe('What the customer wants to find on each e-invoice: a Leitweg-ID, a cost centre', '04011000-12345-34'),
    taxStatus: choice(TAX_STATUSES, 'taxable'),
    currency: currency().unlessGiven(() => organization().currency),
    termsDays: whole({ max: 730 }).optional().describe('Else those of the billing entity'),
  },
  {
    unique: [{ on: ['contactId'] }, { on: ['companyId'] }],
    index: [['updatedAt', 'id'], ['name', 'id'], ['taxId']],
    checks: { customer: 'num_nonnulls(contact_id, company_id) = 1' },
    search: ['new.name', 'new.email', 'new.tax_id'],
  },
) {}

export const oneCustomer = problem('customer_account.one_customer', 422, 'A customer account belongs to one contact or one company');
export const accountInUse = problem('customer_account.in_use', 409, 'This customer has invoices, payments or subscriptions');

const WRITABLE = [
  'name',
  'email',
  'address',
  'taxId',
  'registrationNumber',
  'electronicAddress',
  'buyerReference',
  'taxStatus',
  'currency',
  'termsDays',
  'ownerId',
  'custom',
] as const;
export const NewCustomerAccount = CustomerAccount.input('contactId', 'companyId', ...WRITABLE).meta({ id: 'NewCustomerAccount' });
export const CustomerAccountChanges = CustomerAccount.patch(...WRITABLE).meta({ id: 'CustomerAccountChanges' });
export const CustomerAccountView = CustomerAccount.view(
  'id',
  'contactId',
  'companyId',
  ...WRITABLE,
  'createdAt',
  'createdBy',
  'updatedAt',
  'version',
);
export const customerAccountList = new List(CustomerAccountView, {
  sorts: ['createdAt', 'updatedAt', 'name'],
  filters: ['contactId', 'companyId', 'ownerId', 'currency', 'taxStatus', 'taxId', 'createdAt', 'updatedAt'],
  search: true,
});
