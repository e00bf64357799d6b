export { BillingModule } from './billing.module.ts';
export { Invoice, InvoiceCredited, InvoiceIssued, InvoicePaid, InvoiceVoided, InvoiceWrittenOff } from './invoices/invoice.ts';
export { CreateInvoice } from './invoices/create-invoice.ts';
export { InvoiceDeal } from './invoices/invoice-deal.ts';
export { IssueInvoice } from './invoices/issue-invoice.ts';
export { CreatePayment } from './payments/create-payment.ts';
export { Payment, PaymentDisputed, PaymentReceived, PaymentRefunded } from './payments/payment.ts';
