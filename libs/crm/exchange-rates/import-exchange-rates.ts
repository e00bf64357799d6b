import { Command, EntityManager, Handles, invalid, insertMany, organization, Refusal, Storage, type Upload } from '#kernel';
import { z } from 'zod';
import { parseCsv, type Row } from '../imports/parse-csv.ts';
import { checkRate, ExchangeRate, NewExchangeRate, shortest } from './exchange-rate.ts';

type Rate = z.output<typeof NewExchangeRate>;
const COLUMNS = ['from', 'to', 'date', 'rate', 'source'] as const;
/** More in one file are refused: twenty years of thirty currencies fit. */
const MOST_ROWS = 250_000;
const MOST_TOLD = 100;

export const NoFields = z.strictObject({}).meta({ id: 'ExchangeRateImport' });
export const ImportedRates = z
  .object({
    created: z.int(),
    updated: z.int(),
    unchanged: z.int(),
    refused: z.int(),
    errors: z
      .array(z.object({ line: z.int(), message: z.string() }))
      .meta({ description: `The first ${MOST_TOLD} rows that were refused` }),
  })
  .meta({ id: 'ImportedRates' });
type Result = z.output<typeof ImportedRates>;

/** Takes a CSV file with the columns from, to, date, rate and source. Rows that are fine go in; the same file twice changes nothing. */
export class ImportExchangeRates extends Command<Result> {
  constructor(readonly given: Upload<z.output<typeof NoFields>>) {
    super();
  }
}

@Handles(ImportExchangeRates, 'import', ExchangeRate)
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly storage: Storage,
  ) {}

  async execute({ given: { file } }: ImportExchangeRates) {
    const result = await this.take(await parseCsv(await this.storage.get(file.key)));
    // Written first: a lost race runs this once more, with the file.
    await this.em.flush();
    await this.storage.delete(file.key);
    return result;
  }

  private async take({ headers, rows }: Awaited<ReturnType<typeof parseCsv>>): Promise<Result> {
    const missing = COLUMNS.slice(0, -1).filter((name) => !headers.some((header) => header.toLowerCase() === name));
    if (missing.length) throw invalid(`The file has no column ${missing.join(', ')}`);
    const result: Result = { created: 0, updated: 0, unchanged: 0, refused: 0, errors: [] };
    const found = new Map<string, Rate>();
    for await (const row of rows) {
      if (found.size >= MOST_ROWS) throw invalid(`A file may have at most ${MOST_ROWS} rows`);
      const rate = read(row, result);
      if (rate) found.set(keyOf(rate), rate);
    }
    await this.keep(found, result);
    return result;
  }

  /** Two imports at once queue up, so that neither trips over what the other one is writing. */
  private async keep(found: Map<string, Rate>, result: Result) {
    await this.em.execute('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`exchange rates of ${organization().id}`]);
    const known = await this.em.find(ExchangeRate, { from: { $in: [...new Set([...found.values()].map(({ from }) => from))] } });
    for (const present of known) {
      const given = found.get(keyOf(present));
      if (!given) continue;
      found.delete(keyOf(present));
      const { rate, source = present.source } = given;
      if (shortest(present.rate) === shortest(rate) && present.source === source) result.unchanged += 1;
      else {
        Object.assign(present, { rate, source });
        result.updated += 1;
      }
    }
    result.created = (await insertMany(ExchangeRate, [...found.values()])).length;
  }
}

const keyOf = ({ from, to, date }: Pick<Rate, 'from' | 'to' | 'date'>) => `${from} ${to} ${date}`;

function read(row: Row, result: Result): Rate | undefined {
  const refuse = (message: string) => {
    result.refused += 1;
    if (result.errors.length < MOST_TOLD) result.errors.push({ line: row.line, message });
  };
  if ('problem' in row) return void refuse(row.problem);
  const cells = Object.entries(row.cells).map(([header, cell]) => [header.toLowerCase(), cell.trim()] as const);
  const sent = Object.fromEntries(cells.filter(([name, cell]) => COLUMNS.some((column) => column === name) && cell !== ''));
  const checked = NewExchangeRate.safeParse(sent);
  if (!checked.success) return void refuse(checked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
  try {
    checkRate(checked.data);
    return checked.data;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return void refuse(error.message);
  }
}
