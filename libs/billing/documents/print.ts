import type { TDocumentDefinitions } from 'pdfmake/interfaces.js';
import type { OpenPdf } from './press.ts';
import type { Printed } from './printed.ts';

/** The document as a PDF. The same content gives the same bytes, wherever and whenever it is printed. */
export const printedPdf = (printed: Printed): Promise<Buffer> => laid(printed, {});

const FILE_NAME = 'factur-x.xml';

/**
 * The document as Factur-X (ZUGFeRD) 1.0: PDF/A-3b with the e-invoice attached. The XML is taken as it is: that it says the same as the page
 * is the business of who makes it, from the same invoice.
 */
export function printedFacturX(printed: Printed, xml: string): Promise<Buffer> {
  const at = printed.invoice.issued_at ? new Date(printed.invoice.issued_at) : new Date(0);
  const attached = {
    src: `data:text/xml;base64,${Buffer.from(xml, 'utf8').toString('base64')}`,
    name: FILE_NAME,
    type: 'text/xml',
    description: 'Factur-X/ZUGFeRD invoice',
    relationship: 'Alternative',
    creationDate: at,
    modifiedDate: at,
  };
  const archive = { subset: 'PDF/A-3b', files: { [FILE_NAME]: attached } };
  // The types of pdfmake know neither the relationship of a file nor its dates.
  return laid(printed, archive as Partial<TDocumentDefinitions>, (document) => document.appendXML(XMP));
}

/** Loaded when something is printed: most processes print nothing, and start sooner without fonts and what draws. */
const tools = async () => ({ ...(await import('./sheet.ts')), ...(await import('./press.ts')) });

/** pdfmake cannot keep the end of a table with what follows, so where the totals were torn off it is laid out again. */
async function laid(printed: Printed, more: Partial<TDocumentDefinitions>, finish?: (document: OpenPdf) => void): Promise<Buffer> {
  const { sheetOf, pressed } = await tools();
  let torn = false;
  const pdf = await pressed({ ...sheetOf(printed, { torn: () => (torn = true) }), ...more }, finish);
  return torn && printed.invoice.lines.length > 1 ? pressed({ ...sheetOf(printed, { lastLineDown: true }), ...more }, finish) : pdf;
}

const NAMESPACE = 'urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#';
const PROPERTIES = {
  DocumentFileName: ['name of the embedded XML invoice file', FILE_NAME],
  DocumentType: ['INVOICE', 'INVOICE'],
  Version: ['The actual version of the Factur-X XML schema', '1.0'],
  ConformanceLevel: ['The conformance level of the embedded Factur-X data', 'EN 16931'],
} as const;

/** What Factur-X says about itself, and the schema of those properties, without which PDF/A allows none of them. */
const XMP = `
<rdf:Description rdf:about="" xmlns:fx="${NAMESPACE}">
  ${Object.entries(PROPERTIES)
    .map(([name, [, value]]) => `<fx:${name}>${value}</fx:${name}>`)
    .join('\n  ')}
</rdf:Description>
<rdf:Description rdf:about=""
    xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
    xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
    xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
  <pdfaExtension:schemas>
    <rdf:Bag>
      <rdf:li rdf:parseType="Resource">
        <pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>
        <pdfaSchema:namespaceURI>${NAMESPACE}</pdfaSchema:namespaceURI>
        <pdfaSchema:prefix>fx</pdfaSchema:prefix>
        <pdfaSchema:property>
          <rdf:Seq>
            ${Object.entries(PROPERTIES)
              .map(
                ([name, [description]]) => `<rdf:li rdf:parseType="Resource">
              <pdfaProperty:name>${name}</pdfaProperty:name>
              <pdfaProperty:valueType>Text</pdfaProperty:valueType>
              <pdfaProperty:category>external</pdfaProperty:category>
              <pdfaProperty:description>${description}</pdfaProperty:description>
            </rdf:li>`,
              )
              .join('\n            ')}
          </rdf:Seq>
        </pdfaSchema:property>
      </rdf:li>
    </rdf:Bag>
  </pdfaExtension:schemas>
</rdf:Description>`;
