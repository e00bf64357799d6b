import { Drafts, fieldsOf, Refusal, uuidv7 } from '#kernel';
import { aim, begin } from '../../deals/aim.ts';
import { reasonRequired } from '../../deals/change-deal.ts';
import { Deal, isOpen, type Status, STATUSES } from '../../deals/deal.ts';
import type { DealChanges, NewDeal } from '../../deals/deal-input.ts';
import { openDeal } from '../../deals/open-deal.ts';
import { UpdateDeal } from '../../deals/update-deal.ts';
import type { Line } from '../../pipelines/line.ts';
import { Pipeline, Stage } from '../../pipelines/pipeline.ts';
import { keyFrom, probabilityOf } from '../../pipelines/structure.ts';
import { keyOf, personKeyOf } from '../look-up.ts';
import { WOULD_BE_MADE } from '../expected.ts';
import type { MappingFile } from '../mapping-file.ts';
import type { Refused } from '../read-row.ts';
import { columnOf, companiesOf, contactsOf, notThere, ownerOf, ownersOf } from './names.ts';
import type { Created, Place, Prepared, Settled, Target, Work } from './target.ts';

/** What a row says itself of the place of its deal. */
type Named = Pick<DealChanges, 'pipelineId' | 'stageId' | 'status'>;

/** Deals, with the history they would have if they had been kept here. */
export const deals: Target = {
  resource: 'deal',
  of: Deal,
  fields: fieldsOf(Deal),

  settle({ values }) {
    return values.title ? values : [{ column: null, reason: 'a deal needs a title' }];
  },

  async prepare(work, rows) {
    const created: Created[] = [];
    const owners = await ownersOf(work, rows);
    const places = await Places.of(work);
    const known = await knownDeals(work, rows);
    const placed = rows.map((row) => ({ row, place: ownerOf(work, owners, row).refused ?? places.of(work, row, known.get(row.known)) }));
    const fine = placed.flatMap(({ row, place }) => ('reason' in place ? [] : [row]));
    const companies = await companiesOf(work, fine, created);
    const contacts = await contactsOf(work, fine, created);
    const prepared = placed.map(({ row, place }): Prepared | Refused => {
      if ('reason' in place) return place;
      const { company, contact } = row.names;
      const companyId = company && companies.get(keyOf(company));
      const contactId = contact && contacts.get(personKeyOf(contact));
      if (company && !companyId) return notThere(work, 'company', 'company', company);
      if (contact && !contactId) return notThere(work, 'contact', 'contact', contact);
      const { ownerId } = ownerOf(work, owners, row);
      const links = { ...(ownerId ? { ownerId } : {}), ...(companyId ? { companyId } : {}), ...(contactId ? { contactId } : {}) };
      return {
        row,
        values: { ...row.settled, ...links },
        changes: { ...row.values, ...links, ...place.named },
        place,
      };
    });
    return { rows: prepared, created };
  },

  async create(_work, rows) {
    const drafts = new Drafts();
    const made = rows.map(({ values, place }) => {
      const { createdAt, closedAt, ...given } = values as unknown as NewDeal & { createdAt?: Date; closedAt?: Date };
      return openDeal(drafts.scribe, given, place!, place!.line, { createdAt: createdAt ?? closedAt, closedAt });
    });
    await drafts.insert();
    return made.map(({ id }) => id);
  },

  update({ bus }, id, { changes: { createdAt: _, closedAt: __, ...changes } }) {
    return bus.run(new UpdateDeal(id, changes));
  },
};

/** The deals that are there already, as they are before the rows; each change looks again, under its lock. */
async function knownDeals({ em }: Work, rows: readonly Settled[]): Promise<Map<string | undefined, Deal>> {
  const ids = rows.flatMap(({ known }) => (known && known !== WOULD_BE_MADE ? [known] : []));
  const found = ids.length ? await em.find(Deal, { id: { $in: ids } }, { disableIdentityMap: true }) : [];
  return new Map(found.map((deal) => [deal.id, deal]));
}

/** Where deals can stand: the pipelines of the organization, by name and by id. */
class Places {
  private constructor(
    private readonly lines: ReadonlyMap<string, Line>,
    private readonly byId: ReadonlyMap<string, Line>,
    private readonly standard: Line,
  ) {}

  static async of({ em, expected }: Work): Promise<Places> {
    const pipelines = await em.find(Pipeline, {});
    const stages = await em.find(Stage, {}, { orderBy: { position: 'asc', id: 'asc' } });
    const line = ({ id }: Pipeline) => stages.filter(({ pipelineId }) => pipelineId === id);
    const standard = pipelines.find(({ isDefault }) => isDefault);
    const wanted = (expected?.pipelines ?? []).map(({ name, stages: steps }) => [keyOf(name), drawn(steps)] as const);
    const known = pipelines.map((pipeline) => [keyOf(pipeline.name), line(pipeline)] as const);
    const byId = new Map(pipelines.map((pipeline) => [pipeline.id, line(pipeline)]));
    return new Places(new Map([...wanted, ...known]), byId, standard ? line(standard) : []);
  }

  /**
   * Where a row's deal stands by its pipeline, stage and status, with dates and amount that fit; or what does not. One that is there already
   * stays where it is in what the row does not name.
   */
  of(work: Work, row: Settled, known?: Deal): (Place & { named: Named }) | Refused {
    const { pipeline, stage: stageName, status: statusName } = row.names;
    const own = known && this.byId.get(known.pipelineId);
    const line = pipeline ? this.lines.get(keyOf(pipeline)) : (own ?? this.standard);
    if (!line) return notThere(work, 'pipeline', 'pipeline', pipeline!);
    const stage =
      stageName === undefined ? undefined : line.find(({ key, name }) => keyOf(name) === keyOf(stageName) || key === wordOf(stageName));
    const status = statusOf(statusName) ?? (stage ? undefined : statusOf(stageName));
    if (stageName && !stage && !status) return notThere(work, 'stage', 'stage', stageName);
    if (statusName && !statusOf(statusName)) return { column: columnOf(work, 'status'), reason: `is none of ${STATUSES.join(', ')}` };
    try {
      const here = own?.find(({ id }) => id === known?.stageId);
      const target = known && here ? aim({ stage: here, status: known.status }, { stage, status }, line) : begin({ stage, status }, line);
      const named = {
        ...(pipeline ? { pipelineId: target.stage.pipelineId } : {}),
        ...(stage ? { stageId: stage.id } : {}),
        ...(status ? { status } : {}),
      };
      return unfit(work, row.values, target.status, known) ?? { ...target, line, named };
    } catch (error) {
      if (error instanceof Refusal)
        return { column: columnOf(work, stageName ? 'stage' : statusName ? 'status' : 'pipeline'), reason: error.message };
      throw error;
    }
  }
}

/** A pipeline that is not made, with its stages. */
function drawn(steps: MappingFile['pipelines'][number]['stages']): Line {
  const { scribe } = new Drafts();
  const pipelineId = uuidv7();
  const keys: string[] = [];
  return steps.map(({ name, key, kind, probability }, index) => {
    keys.push(key ?? keyFrom(name, keys));
    return scribe.create(Stage, {
      pipelineId,
      name,
      key: keys.at(-1)!,
      kind,
      position: index + 1,
      probability: probabilityOf(kind, probability),
    });
  });
}

/** "Closed Won" → closed_won. */
const wordOf = (text: string) =>
  text
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_');
const SAID: Record<string, Status> = { open: 'in_progress', closed_won: 'won', closed_lost: 'lost' };
const statusOf = (text: string | undefined): Status | undefined => {
  const word = text === undefined ? '' : wordOf(text);
  return SAID[word] ?? STATUSES.find((status) => status === word);
};

/** What dates and amount say against a status: those of the row, else those of the deal that is there already. */
function unfit(work: Work, values: Record<string, unknown>, status: Status, known?: Deal): Refused | undefined {
  const { createdAt, closedAt, amount = known?.amount, lostReason = known?.lostReason } = values;
  if (status === 'won' && !(typeof amount === 'bigint' && amount > 0n))
    return { column: columnOf(work, 'amount'), reason: 'a won deal needs an amount' };
  // One that was lost before reasons were asked for may still be changed otherwise.
  if (status === 'lost' && known?.status !== 'lost' && !lostReason && reasonRequired())
    return { column: columnOf(work, 'lost_reason'), reason: 'this organization wants to know why a deal was lost' };
  if (closedAt instanceof Date && isOpen(status))
    return { column: columnOf(work, 'closed_at'), reason: 'the deal is open and has a day on which it was closed' };
  if (createdAt instanceof Date && closedAt instanceof Date && closedAt < createdAt)
    return { column: columnOf(work, 'closed_at'), reason: 'it was closed before it was created' };
  return undefined;
}
