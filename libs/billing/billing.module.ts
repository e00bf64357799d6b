import { Context } from '#kernel';
import { BillingEntitiesController } from './billing-entities/billing-entities.controller.ts';
import { BillingEntity } from './billing-entities/billing-entity.ts';
import { CreateBillingEntity } from './billing-entities/create-billing-entity.ts';
import { DeleteBillingEntity } from './billing-entities/delete-billing-entity.ts';
import { FurnishBilling } from './billing-entities/furnish-billing.ts';
import { RemoveSellerLogo, SetSellerLogo } from './billing-entities/set-seller-logo.ts';
import { UpdateBillingEntity } from './billing-entities/update-billing-entity.ts';
import { billingInvariants } from './billing.invariants.ts';
import { billingPermissions } from './billing.permissions.ts';
import { PricesController, ProductsController, TaxRatesController } from './catalog/catalog.controllers.ts';
import { CreatePrice } from './catalog/create-price.ts';
import { CreateProduct } from './catalog/create-product.ts';
import { CreateTaxRate } from './catalog/create-tax-rate.ts';
import { Price } from './catalog/price.ts';
import { Product } from './catalog/product.ts';
import { TaxRate } from './catalog/tax-rate.ts';
import { UpdatePrice } from './catalog/update-price.ts';
import { UpdateProduct } from './catalog/update-product.ts';
import { UpdateTaxRate } from './catalog/update-tax-rate.ts';
import { CreateCustomerAccount } from './customers/create-customer-account.ts';
import { CustomerAccount } from './customers/customer-account.ts';
import { CustomerAccountsController } from './customers/customer-accounts.controller.ts';
import { DeleteCustomerAccount } from './customers/delete-customer-account.ts';
import { UpdateCustomerAccount } from './customers/update-customer-account.ts';
import { InvoiceUbl } from './einvoice/invoice-ubl.ts';
import { CreateInvoice } from './invoices/create-invoice.ts';
import { CreditInvoice } from './invoices/credit-invoice.ts';
import { DeleteInvoice } from './invoices/delete-invoice.ts';
import { ReadCreditNote } from './invoices/read-credit-note.ts';
import { RestoreInvoice } from './invoices/restore-invoice.ts';
import { DuplicateInvoice } from './invoices/duplicate-invoice.ts';
import { InvoiceDeal } from './invoices/invoice-deal.ts';
import { Invoice } from './invoices/invoice.ts';
import { InvoiceLine } from './invoices/invoice-line.ts';
import { InvoiceTax } from './invoices/invoice-tax.ts';
import { CreditNotesController, DealInvoiceController, InvoicesController } from './invoices/invoices.controller.ts';
import { IssueInvoice } from './invoices/issue-invoice.ts';
import { NumberSeries } from './invoices/number-series.ts';
import { PreviewInvoice } from './invoices/preview-invoice.ts';
import { UpdateInvoice } from './invoices/update-invoice.ts';
import { VoidInvoice } from './invoices/void-invoice.ts';
import { WriteOff } from './invoices/write-off.ts';
import { WriteOffInvoice } from './invoices/write-off-invoice.ts';
import { LedgerEntry } from './ledger/ledger-entry.ts';
import { CustomerBalance } from './customers/customer-balance.ts';
import { CustomerStatement } from './customers/customer-statement.ts';
import { CreateDocumentTemplate } from './documents/create-document-template.ts';
import { DeleteDocumentTemplate } from './documents/delete-document-template.ts';
import { DeliverInvoice, FailDelivery, MailInvoice } from './documents/deliver-invoice.ts';
import { DocumentDesign } from './documents/document-design.ts';
import { DocumentTemplate } from './documents/document-template.ts';
import { DocumentTemplatesController } from './documents/document-templates.controller.ts';
import { DrawInvoice } from './documents/draw-invoice.ts';
import { FurnishDocuments } from './documents/furnish-documents.ts';
import { InvoiceDelivery } from './documents/invoice-delivery.ts';
import { InvoiceFacturX } from './documents/invoice-factur-x.ts';
import { InvoicePdf } from './documents/invoice-pdf.ts';
import { PrintAndSendIssued, PrintInvoice } from './documents/on-invoice-issued.ts';
import { PreviewStoredTemplate, PreviewTemplate } from './documents/preview-template.ts';
import { SendInvoice } from './documents/send-invoice.ts';
import { RemoveLogo, SetLogo } from './documents/set-logo.ts';
import { UpdateDocumentTemplate } from './documents/update-document-template.ts';
import { CreateDunningPolicy } from './dunning/create-dunning-policy.ts';
import { DunningPolicy } from './dunning/dunning-policy.ts';
import { DunningRound, RoundAgain } from './dunning/dunning-round.ts';
import { DunningStepRun } from './dunning/dunning-step-run.ts';
import { DunningPoliciesController, DunningRunsController } from './dunning/dunning.controller.ts';
import { FurnishDunning } from './dunning/furnish-dunning.ts';
import { OnDunningChanged, OnInvoicesIssued } from './dunning/on-invoice-due.ts';
import { RunDunningStep } from './dunning/run-dunning-step.ts';
import { FailDunningLetter, SendDunningLetter } from './dunning/send-dunning-letter.ts';
import { UpdateDunningPolicy } from './dunning/update-dunning-policy.ts';
import { AllocatePayment } from './payments/allocate-payment.ts';
import { CancelPayment } from './payments/cancel-payment.ts';
import { CreatePayment } from './payments/create-payment.ts';
import { DisputePayment } from './payments/dispute-payment.ts';
import { FailPayment } from './payments/fail-payment.ts';
import { PaymentAllocation } from './payments/payment-allocation.ts';
import { Payment } from './payments/payment.ts';
import { PaymentsController } from './payments/payments.controller.ts';
import { RefundCreditNote } from './payments/refund-credit-note.ts';
import { RefundPayment } from './payments/refund-payment.ts';
import { Refund } from './payments/refund.ts';
import { ResolveDispute } from './payments/resolve-dispute.ts';
import { SucceedPayment } from './payments/succeed-payment.ts';
import { AgeingReport } from './reports/ageing-report.ts';
import { BillingReportsController } from './reports/reports.controller.ts';
import { MrrReport } from './reports/mrr-report.ts';
import { RevenueReport } from './reports/revenue-report.ts';
import { TaxSummary } from './reports/tax-summary.ts';
import './timeline.ts';
import { AnythingDue, BillDue, BillLater, BillSome } from './subscriptions/bill-due.ts';
import { BillingPeriod } from './subscriptions/billing-period.ts';
import { BillingRun } from './subscriptions/billing-run.ts';
import { CancelSubscription } from './subscriptions/cancel-subscription.ts';
import { ChangeSubscription } from './subscriptions/change-subscription.ts';
import { CreateSubscription } from './subscriptions/create-subscription.ts';
import { PauseSubscription, ResumeSubscription } from './subscriptions/pause-subscription.ts';
import { PreviewSubscription } from './subscriptions/preview-subscription.ts';
import { CarryOnBilling, FinishBilling, RunBilling } from './subscriptions/run-billing.ts';
import { SimulateBilling } from './subscriptions/simulate-billing.ts';
import { Subscription } from './subscriptions/subscription.ts';
import { SubscriptionItem } from './subscriptions/subscription-item.ts';
import { BillingRunsController, SubscriptionsController } from './subscriptions/subscriptions.controller.ts';
import { subscriptionInvariants } from './subscriptions/subscriptions.invariants.ts';
import { GiveBack } from './subscriptions/give-back.ts';
import { MakeUp } from './subscriptions/make-up.ts';
import { FallBehind, SettleStanding } from './subscriptions/standing.ts';
import { WakeWaiting } from './subscriptions/wake-waiting.ts';
import { TellOfParked } from './subscriptions/tell-of-parked.ts';
import { UpdateSubscription } from './subscriptions/update-subscription.ts';

const subscriptions = {
  entities: [Subscription, SubscriptionItem, BillingPeriod, BillingRun],
  controllers: [SubscriptionsController, BillingRunsController],
  useCases: [
    CreateSubscription,
    UpdateSubscription,
    PauseSubscription,
    ResumeSubscription,
    CancelSubscription,
    ChangeSubscription,
    PreviewSubscription,
    RunBilling,
    SimulateBilling,
    CarryOnBilling,
    FinishBilling,
    BillDue,
    BillLater,
    BillSome,
    AnythingDue,
    GiveBack,
    MakeUp,
    FallBehind,
    SettleStanding,
    WakeWaiting,
    TellOfParked,
  ],
};

const documents = {
  entities: [DocumentDesign, DocumentTemplate, InvoiceDelivery],
  controllers: [DocumentTemplatesController],
  useCases: [
    FurnishDocuments,
    CreateDocumentTemplate,
    UpdateDocumentTemplate,
    DeleteDocumentTemplate,
    SetLogo,
    RemoveLogo,
    PreviewTemplate,
    PreviewStoredTemplate,
    DrawInvoice,
    InvoicePdf,
    InvoiceFacturX,
    PrintAndSendIssued,
    PrintInvoice,
    SendInvoice,
    DeliverInvoice,
    MailInvoice,
    FailDelivery,
  ],
};

@Context({
  entities: [
    BillingEntity,
    NumberSeries,
    CustomerAccount,
    Product,
    Price,
    TaxRate,
    Invoice,
    InvoiceLine,
    InvoiceTax,
    LedgerEntry,
    Payment,
    PaymentAllocation,
    Refund,
    WriteOff,
    DunningPolicy,
    DunningStepRun,
    ...subscriptions.entities,
    ...documents.entities,
  ],
  permissions: billingPermissions,
  controllers: [
    BillingEntitiesController,
    CustomerAccountsController,
    ProductsController,
    PricesController,
    TaxRatesController,
    InvoicesController,
    CreditNotesController,
    DealInvoiceController,
    PaymentsController,
    DunningPoliciesController,
    DunningRunsController,
    BillingReportsController,
    ...subscriptions.controllers,
    ...documents.controllers,
  ],
  useCases: [
    FurnishBilling,
    CreateBillingEntity,
    UpdateBillingEntity,
    DeleteBillingEntity,
    SetSellerLogo,
    RemoveSellerLogo,
    CreateCustomerAccount,
    UpdateCustomerAccount,
    DeleteCustomerAccount,
    CreateProduct,
    UpdateProduct,
    CreatePrice,
    UpdatePrice,
    CreateTaxRate,
    UpdateTaxRate,
    PreviewInvoice,
    CreateInvoice,
    UpdateInvoice,
    DeleteInvoice,
    ReadCreditNote,
    RestoreInvoice,
    DuplicateInvoice,
    IssueInvoice,
    VoidInvoice,
    WriteOffInvoice,
    CreditInvoice,
    InvoiceDeal,
    InvoiceUbl,
    CreatePayment,
    AllocatePayment,
    RefundPayment,
    RefundCreditNote,
    SucceedPayment,
    FailPayment,
    CancelPayment,
    DisputePayment,
    ResolveDispute,
    CustomerBalance,
    CustomerStatement,
    FurnishDunning,
    CreateDunningPolicy,
    UpdateDunningPolicy,
    DunningRound,
    RoundAgain,
    OnInvoicesIssued,
    OnDunningChanged,
    RunDunningStep,
    SendDunningLetter,
    FailDunningLetter,
    AgeingReport,
    MrrReport,
    RevenueReport,
    TaxSummary,
    ...subscriptions.useCases,
    ...documents.useCases,
  ],
  invariants: [...billingInvariants, ...subscriptionInvariants],
  founding: [FurnishBilling, FurnishDunning, FurnishDocuments],
})
export class BillingModule {}
