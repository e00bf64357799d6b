import { formatAmount } from '#kernel';
import { filled } from '../documents/labels.ts';
import type { Invoice } from '../invoices/invoice.ts';
import type { DunningStep } from './dunning-policy.ts';

const SUBJECTS = ['Reminder: invoice {number}', 'Second reminder: invoice {number}', 'Last reminder: invoice {number}'];
const TEXTS = [
  'Dear {customer},\n\nour invoice {number} was due on {due_date}. {due} are still open. Perhaps it escaped your notice; if you have paid it meanwhile, please ignore this letter.\n\n{seller}\n',
  'Dear {customer},\n\nour invoice {number} was due on {due_date}, {days} days ago. {due} are still open. Please pay it now.\n\n{seller}\n',
  'Dear {customer},\n\nour invoice {number} was due on {due_date}, {days} days ago, and we have reminded you of it. {due} are still open. Please pay it at once.\n\n{seller}\n',
];

/** The words of a step with the figures of the invoice, or standard ones: the third are the last. */
export function letterOf(
  invoice: Pick<Invoice, 'number' | 'due' | 'currency' | 'dueDate' | 'customer' | 'seller'>,
  { step, days }: { step: number; days: number },
  words: Partial<Pick<DunningStep, 'subject' | 'text'>>,
): { subject: string; text: string } {
  const said: Record<string, string> = {
    number: invoice.number ?? '',
    due: `${formatAmount(invoice.due, invoice.currency)} ${invoice.currency}`,
    due_date: invoice.dueDate ?? '',
    days: String(days),
    customer: invoice.customer.name,
    seller: invoice.seller?.name ?? '',
  };
  const standard = Math.min(step, TEXTS.length) - 1;
  // One line, whatever a customer is called.
  const subject = filled(words.subject ?? SUBJECTS[standard]!, said).replace(/\s+/g, ' ');
  return { subject, text: filled(words.text ?? TEXTS[standard]!, said) };
}
