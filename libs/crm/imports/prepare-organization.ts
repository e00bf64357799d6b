import { Bus, Command, EntityManager, Handles, organization } from '#kernel';
import { Organization } from '#identity';
import { Company } from '../companies/company.ts';
import { Deal } from '../deals/deal.ts';
import { CreatePipeline } from '../pipelines/create-pipeline.ts';
import { Pipeline } from '../pipelines/pipeline.ts';
import { keyOf } from './look-up.ts';
import type { MappingFile } from './mapping-file.ts';

/**
 * Makes an organization ready for what a mapping file brings in: its currency while nothing has an amount yet, and the pipelines by name.
 * A pipeline is made the default only while no deal is there. Twice changes nothing.
 */
export class PrepareOrganization extends Command<string[]> {
  constructor(readonly wanted: Pick<MappingFile, 'currency' | 'pipelines'>) {
    super();
  }
}

@Handles(PrepareOrganization, 'system')
class Handler {
  constructor(
    private readonly em: EntityManager,
    private readonly bus: Bus,
  ) {}

  /** Answers what was changed, in words. */
  async execute({ wanted: { currency, pipelines } }: PrepareOrganization) {
    const done: string[] = [];
    const deals = await this.em.count(Deal);
    if (currency && currency !== organization().currency && !deals && !(await this.em.count(Company))) {
      (await this.em.findOneOrFail(Organization, organization().id)).currency = currency;
      done.push(`currency ${currency}`);
    }
    const known = new Set((await this.em.find(Pipeline, {})).map(({ name }) => keyOf(name)));
    for (const { name, is_default: isDefault, stages } of pipelines) {
      if (known.has(keyOf(name))) continue;
      await this.bus.run(new CreatePipeline({ name, isDefault: isDefault && !deals, stages }));
      done.push(`pipeline ${name}`);
    }
    return done;
  }
}
