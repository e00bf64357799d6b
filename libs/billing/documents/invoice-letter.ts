import { formatAmount } from '#kernel';
import type { Invoice } from '../invoices/invoice.ts';
import type { Design } from './design.ts';
import { figuresIn } from './figures.ts';
import { filled, labelsOf } from './labels.ts';

/** The words an invoice is sent with: in the language of its design, or those of the sender. */
export function invoiceLetter(
  invoice: Pick<Invoice, 'kind' | 'number' | 'issueDate' | 'payable' | 'currency' | 'customer' | 'seller'>,
  { locale }: Pick<Design, 'locale'>,
  message: string | null,
): { subject: string; text: string } {
  const [say, figures] = [labelsOf(locale), figuresIn(locale, invoice.currency)];
  const said = {
    kind: say[invoice.kind],
    number: invoice.number ?? '',
    date: invoice.issueDate ? figures.day(invoice.issueDate) : '',
    amount: figures.money(formatAmount(invoice.payable, invoice.currency)).replaceAll('\u00a0', ' '),
    customer: invoice.customer.name,
    seller: invoice.seller?.name ?? '',
  };
  // One line, whatever a seller is called.
  return { subject: filled(say.mail_subject, said).replace(/\s+/g, ' '), text: message ?? filled(say.mail_text, said) };
}
