import { Download, Handles, Query, Read } from '#kernel';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { Invoice } from '../invoices/invoice.ts';
import type { Kind } from '../invoices/kinds.ts';
import { check } from './check.ts';
import { type EInvoice, type Profile, PROFILES } from './einvoice.ts';
import { mustConform, readEInvoice } from './read-einvoice.ts';
import { ubl } from './ubl.ts';

export const UblQuery = z
  .strictObject({
    profile: z.enum(PROFILES).optional().meta({ description: 'Peppol BIS Billing 3 when the data suffices, else EN 16931, unless given' }),
  })
  .meta({ id: 'UblQuery' });

/** An issued invoice or credit note in UBL 2.1. */
export class InvoiceUbl extends Query<Download> {
  constructor(
    readonly id: string,
    readonly asked: z.output<typeof UblQuery> = {},
    readonly kind?: Kind,
  ) {
    super();
  }
}

@Handles(InvoiceUbl, 'read', Invoice)
class Handler {
  constructor(private readonly read: Read) {}

  async execute({ id, asked, kind }: InvoiceUbl) {
    const invoice = await readEInvoice(this.read, id, kind);
    const profile = asked.profile ?? fitting(invoice);
    mustConform(invoice, profile);
    return new Download(`${invoice.number}.xml`, 'application/xml; charset=utf-8', Readable.from([ubl(invoice, profile)]));
  }
}

const fitting = (invoice: EInvoice): Profile => (check(invoice, 'peppol').length === 0 ? 'peppol' : 'en16931');
