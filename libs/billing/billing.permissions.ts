import { Company, Contact } from '#crm';
import { type Permissions, through } from '#kernel';
import { BillingEntity } from './billing-entities/billing-entity.ts';
import { Price } from './catalog/price.ts';
import { Product } from './catalog/product.ts';
import { TaxRate } from './catalog/tax-rate.ts';
import { CustomerAccount } from './customers/customer-account.ts';
import { DocumentDesign } from './documents/document-design.ts';
import { DocumentTemplate } from './documents/document-template.ts';
import { InvoiceDelivery } from './documents/invoice-delivery.ts';
import { Invoice } from './invoices/invoice.ts';
import { InvoiceLine } from './invoices/invoice-line.ts';
import { InvoiceTax } from './invoices/invoice-tax.ts';
import { WriteOff } from './invoices/write-off.ts';
import { DunningPolicy } from './dunning/dunning-policy.ts';
import { DunningStepRun } from './dunning/dunning-step-run.ts';
import { LedgerEntry } from './ledger/ledger-entry.ts';
import { Payment } from './payments/payment.ts';
import { PaymentAllocation } from './payments/payment-allocation.ts';
import { Refund } from './payments/refund.ts';
import { BillingPeriod } from './subscriptions/billing-period.ts';
import { BillingRun } from './subscriptions/billing-run.ts';
import { Subscription } from './subscriptions/subscription.ts';
import { SubscriptionItem } from './subscriptions/subscription-item.ts';

const catalog = [BillingEntity, Product, Price, TaxRate, DunningPolicy, DocumentTemplate];
const records = [CustomerAccount, Invoice];
const parts = [InvoiceLine, InvoiceTax];
const recurring = [SubscriptionItem, BillingPeriod];
type Grant = NonNullable<Permissions['manager']>;

/** What the permission set `finance` gives, and every manager has: both keep the books. */
const finance: Grant = (can) => {
  can('bill', [Contact, Company]);
  can(['read', 'create', 'update', 'delete', 'reassign', 'export'], records);
  can('read', parts);
  can(['issue', 'send', 'credit', 'void', 'write_off', 'refund'], Invoice);
  can(['create', 'read', 'update', 'export', 'allocate', 'refund'], Payment);
  // Written only with their payment, whose own rule is asked first.
  can(['create', 'read', 'update', 'delete'], PaymentAllocation);
  can(['create', 'read'], [Refund, WriteOff]);
  can('read', DunningStepRun);
  can(['create', 'read'], [InvoiceDelivery, DocumentDesign]);
  can(['create', 'update', 'delete', 'export'], catalog);
  can(['read', 'create', 'update', 'reassign', 'export'], Subscription);
  can(['read', 'create'], recurring);
  can('update', [SubscriptionItem, BillingPeriod]);
  can(['read', 'create', 'update'], BillingRun);
  can(['create', 'read'], LedgerEntry);
};

/** Members draft for their own customers; the rest is for finance. */
export const billingPermissions: Permissions = {
  member(can, me) {
    const own = { ownerId: me.userId };
    // An account goes with its contact or company, whoever opened it.
    const theirs = { $or: [own, { contactId: through(Contact, own) }, { companyId: through(Company, own) }] };
    const all = me.organization?.settings.record_visibility !== 'own';
    can('read', [...catalog, DocumentDesign]);
    can('bill', [Contact, Company], own);
    can('create', records);
    can('read', Invoice, all ? undefined : own);
    can('read', CustomerAccount, all ? undefined : theirs);
    can('update', CustomerAccount, own);
    // That only drafts are changed is the invoice's own rule, which says so by its name.
    can(['update', 'delete'], Invoice, own);
    can('read', parts, all ? undefined : { invoiceId: through(Invoice, own) });
    can('read', [Payment, Refund, LedgerEntry], all ? undefined : { customerAccountId: through(CustomerAccount, theirs) });
    can('read', [PaymentAllocation, DunningStepRun, InvoiceDelivery, WriteOff], all ? undefined : { invoiceId: through(Invoice, own) });
    can('read', Subscription, all ? undefined : own);
    can('read', recurring, all ? undefined : { subscriptionId: through(Subscription, own) });
    // Written only with their invoice, whose own rule is asked first.
    can(['create', 'update'], parts);
  },
  manager: finance,
  sets: {
    finance(can, me) {
      // A manager reads them anyway.
      can('read', [Contact, Company]);
      finance(can, me);
    },
  },
};
