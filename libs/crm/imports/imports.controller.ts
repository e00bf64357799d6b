import { controller, crud, get, post, upload } from '#kernel';
import { Import } from './import.ts';
import { importList, ImportView } from './import-view.ts';
import { ImportErrors } from './read-errors.ts';
import { RevertImport } from './revert-import.ts';
import { ImportOptions, StartImport } from './start-import.ts';

const FILE = { types: ['text/csv', 'application/csv', 'text/plain', 'text/tab-separated-values'], limit: 64 << 20, text: true };

export const ImportsController = controller(
  'imports',
  {
    create: upload('', StartImport, {
      body: ImportOptions,
      upload: FILE,
      answers: ImportView as never,
      status: 202,
      does: 'Import a CSV file as contacts, companies or deals',
      problems: ['import.mapping_unfit', 'import.unreadable', 'import.too_much_waiting'],
    }),
    errors: get(':id/errors', ImportErrors, {
      answers: 'file',
      does: 'Download the rows that were not taken, with line, column and reason',
    }),
    revert: post(':id/revert', RevertImport, {
      answers: ImportView as never,
      status: 202,
      does: 'Remove what an import created and nobody has changed since',
      when: ({ status, dry_run: dryRun }) => !dryRun && (status === 'done' || status === 'failed'),
    }),
    ...crud({ of: Import, called: 'an import', view: ImportView, list: importList, remove: false }),
  },
  { of: Import },
);
