import { Bus, Download, fileKey, FileMissing, Handles, organization, Process, Storage } from '#kernel';
import { Readable } from 'node:stream';
import { Invoice } from '../invoices/invoice.ts';
import type { Kind } from '../invoices/kinds.ts';
import { type Drawn, DrawInvoice } from './draw-invoice.ts';
import { logoOf } from './logo.ts';
import { printedPdf } from './print.ts';

const TYPE = 'application/pdf';

/**
 * The PDF of an invoice, credit note or proforma: as it is stored, or printed and stored now. A draft is printed with the mark of one and
 * stored nowhere. With a kind, of that kind alone. A process, so that no connection waits for the printing.
 * @throws not_found
 */
export class InvoicePdf extends Process<Download> {
  constructor(
    readonly id: string,
    readonly kind?: Kind,
  ) {
    super();
  }
}

@Handles(InvoicePdf, 'read', Invoice)
class Handler {
  constructor(
    private readonly bus: Bus,
    private readonly storage: Storage,
  ) {}

  async execute({ id, kind }: InvoicePdf): Promise<Download> {
    // Asked first: whoever may not read the invoice does not learn whether there is a file.
    const drawn = await this.bus.run(new DrawInvoice(id, kind));
    const { number, status } = drawn.invoice;
    if (status === 'draft') return new Download(`draft-${id}.pdf`, TYPE, Readable.from([await this.printed(drawn)]));
    return new Download(`${number}.pdf`, TYPE, await this.stored(fileKey(organization().id, 'documents', `${id}.pdf`), drawn));
  }

  private async stored(key: string, drawn: Drawn): Promise<Readable> {
    try {
      return await this.storage.get(key);
    } catch (error) {
      if (!(error instanceof FileMissing)) throw error;
    }
    const pdf = await this.printed(drawn);
    await this.storage.put(key, pdf, { type: TYPE });
    return Readable.from([pdf]);
  }

  private async printed(drawn: Drawn): Promise<Buffer> {
    return printedPdf({ ...drawn, logo: await logoOf(this.storage, drawn.design.logo) });
  }
}
