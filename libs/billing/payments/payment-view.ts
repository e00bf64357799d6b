import { HEAD, Payment } from './payment.ts';
import { AllocationView } from './payment-allocation.ts';
import { RefundView } from './refund.ts';

/** A payment with what it paid and what of it went back. */
export const PaymentView = Payment.view(...HEAD)
  .with('allocations', AllocationView, 'paymentId', 'createdAt')
  .with('refunds', RefundView, 'paymentId', 'createdAt');
