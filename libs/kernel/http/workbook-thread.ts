// Makes one workbook in a thread of its own: packing one takes seconds, in which the process would answer nobody. Node runs it from the
// sources too, so it says nothing in it that is not JavaScript but types.
import { parentPort } from 'node:worker_threads';
import writeExcel, { type SheetData } from 'write-excel-file/node';

const sheet: SheetData = [];
/** The header, then rows as they come, and null after the last. */
parentPort!.on('message', async (rows: (string | null)[][] | null) => {
  if (rows) {
    const style = sheet.length ? { type: String } : { fontWeight: 'bold' as const };
    for (const row of rows) sheet.push(row.map((value) => (value === null ? null : { ...style, value })));
    return;
  }
  parentPort!.postMessage(await writeExcel(sheet).toBuffer());
  parentPort!.close();
});
