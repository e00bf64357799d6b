import { Bus, Command, EntityManager, Handles, invalid, insertMany, organization, Refusal, Storage, tenantId, type Upload } from '#kernel';
import { sql } from 'kysely';
import { z } from 'zod';
import { parseCsv, type Row } from '../imports/parse-csv.ts';
import { checkRate, ExchangeRate, NewExchangeRate, shortest } from './exchange-rate.ts';

type Rate = z.output<typeof NewExchangeRate>;
const COLUMNS = ['from', 'to', 'date', 'rate', 'source'] as const;
/** More in one file are refused: twenty years of thirty currencies fit. */
const MOST_ROWS = 250_000;
const MOST_TOLD = 100;
/** Rows that are looked up and written at once. */
const PORTION = 1000;

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

/**
 * Takes a CSV file with the columns from, to, date, rate and source. Rows that are fine go in, at once or not at all; of several for one
 * pair and day the last one counts; the same file twice changes nothing.
 */
export class ImportExchangeRates extends Command<Result> {
  constructor(readonly given: Upload<z.output<typeof NoFields>>) {
    super();
  }
}

@Handles(ImportExchangeRates, 'import', ExchangeRate)
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
    private readonly storage: Storage,
  ) {}

  async execute({ given: { file } }: ImportExchangeRates) {
    // Written first: a lost race runs this once more, with the file.
    const result = await this.take(await parseCsv(await this.storage.get(file.key)));
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
    const rates = [...found.values()];
    // Each in a savepoint: the next one need not go through all that was written before it.
    for (let from = 0; from < rates.length; from += PORTION)
      await this.bus.apart(() => this.keepSome(rates.slice(from, from + PORTION), result));
  }

  private async keepSome(rates: readonly Rate[], result: Result) {
    const known = await knownAmong(this.em, rates);
    const fresh = rates.filter((given) => !known.has(keyOf(given)));
    const changed = rates.filter((given) => known.has(keyOf(given)) && !isSaid(given, known.get(keyOf(given))!));
    await insertMany(ExchangeRate, fresh);
    await this.change(changed, known);
    result.created += fresh.length;
    result.updated += changed.length;
    result.unchanged += rates.length - fresh.length - changed.length;
  }

  /** In an entity manager of its own, which is forgotten with what it holds. */
  private async change(changed: readonly Rate[], known: ReadonlyMap<string, Known>) {
    if (!changed.length) return;
    const em = this.em.fork({ keepTransactionContext: true });
    for (const given of changed) {
      const present = em.map(ExchangeRate, known.get(keyOf(given))!);
      Object.assign(present, { rate: given.rate, source: given.source ?? present.source });
    }
    await em.flush();
  }
}

interface Known extends Rate {
  readonly id: string;
}

/** The rates of the same pairs and days, as plain rows: most of them will not change. Row by row, however many there are of them all. */
async function knownAmong(em: EntityManager, rates: readonly Rate[]): Promise<Map<string, Known>> {
  const column = (name: 'from' | 'to' | 'date') => rates.map((rate) => rate[name]);
  const { rows } = await sql<Known>`select known.*
    from unnest(${column('from')}::char(3)[], ${column('to')}::char(3)[], ${column('date')}::date[]) as given ("from", "to", date)
    cross join lateral (select * from exchange_rate r
      where r.tenant_id = ${tenantId()} and r.deleted_at is null and r."from" = given."from" and r."to" = given."to" and r.date = given.date
      limit 1) as known`.execute(em.getKysely());
  return new Map(rows.map((row) => [keyOf(row), row]));
}

/** Whether a file says nothing new; without a source it leaves the one that is known. */
const isSaid = ({ rate, source }: Rate, known: Known) =>
  shortest(rate) === shortest(known.rate) && (source === undefined || source === known.source);

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
