import { Field } from '#kernel';
import { z } from 'zod';

/** Where e-invoices are delivered to or come from: a scheme of the EAS code list, and an identifier in it. */
export interface ElectronicAddress {
  readonly scheme: string;
  readonly id: string;
}

const FORM = /^(\d{4}|EM|A[NQSU]):([\x21-\x7e]{1,95})$/;

/** BT-34 and BT-49 in one text, the way Peppol writes its participants. */
export const electronicAddress = () =>
  new Field<string>(
    'text',
    { type: 'string', length: 100 },
    z.string().trim().max(100).regex(FORM, 'a scheme of the EAS list, a colon and an identifier, such as 0088:7300010000001'),
    z.string(),
  ).describe('Where e-invoices go: scheme (EAS) and identifier, as Peppol writes them', '0088:7300010000001');

/** Read back; an e-mail address stands in where nothing else is known (scheme EM). */
export function readElectronicAddress(stated: string | null, email: string | null): ElectronicAddress | null {
  const [, scheme, id] = FORM.exec(stated ?? '') ?? [];
  if (scheme && id) return { scheme, id };
  return email ? { scheme: 'EM', id: email } : null;
}
