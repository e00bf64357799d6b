import { csvStream, Download, Handles, Query, Read, Storage } from '#kernel';
import { Import } from './import.ts';

/** The rows that were not taken, or not wholly, as CSV: line, column, reason. Empty while the import runs. */
export class ImportErrors extends Query<Download> {
  constructor(readonly id: string) {
    super();
  }
}

const WithFile = Import.view('id', 'errorFile').named('ImportWithFile');

@Handles(ImportErrors, 'read', Import)
class Handler {
  constructor(
    private readonly read: Read,
    private readonly storage: Storage,
  ) {}

  async execute({ id }: ImportErrors) {
    const { error_file: key } = await this.read.one(WithFile, id);
    const content = key ? await this.storage.get(key) : csvStream(['line', 'column', 'reason'], nothing());
    return new Download(`import-${id}-errors.csv`, 'text/csv; charset=utf-8', content);
  }
}

async function* nothing(): AsyncGenerator<Record<string, unknown>> {}
