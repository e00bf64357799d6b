import { Bus, Download, Handles, Process, Read, Storage } from '#kernel';
import { Readable } from 'node:stream';
import { facturXml } from '../einvoice/cii.ts';
import { mustConform, readEInvoice } from '../einvoice/read-einvoice.ts';
import { Invoice } from '../invoices/invoice.ts';
import type { Kind } from '../invoices/kinds.ts';
import { DrawInvoice } from './draw-invoice.ts';
import { logoOf } from './logo.ts';
import { printedFacturX } from './print.ts';

/**
 * An issued invoice or credit note as Factur-X: the page for people, and the e-invoice for programs inside it. Printed when it is asked for.
 * A process, so that no connection waits for the printing.
 * @throws not_found, invoice.no_einvoice, invoice.einvoice_incomplete, invoice.einvoice_impossible
 */
export class InvoiceFacturX extends Process<Download> {
  constructor(
    readonly id: string,
    readonly kind?: Kind,
  ) {
    super();
  }
}

@Handles(InvoiceFacturX, 'read', Invoice)
class Handler {
  constructor(
    private readonly bus: Bus,
    private readonly read: Read,
    private readonly storage: Storage,
  ) {}

  async execute({ id, kind }: InvoiceFacturX) {
    const einvoice = await readEInvoice(this.read, id, kind);
    mustConform(einvoice, 'en16931');
    const drawn = await this.bus.run(new DrawInvoice(id));
    const pdf = await printedFacturX({ ...drawn, logo: await logoOf(this.storage, drawn.design.logo) }, facturXml(einvoice));
    return new Download(`${einvoice.number}.pdf`, 'application/pdf', Readable.from([pdf]));
  }
}
