import { camelCased, Command, EntityManager, flag, Handles, invalid, metadata, text } from '#kernel';
import { z } from 'zod';
import { checkLine } from './line.ts';
import { Pipeline, Stage, stageKeyTaken } from './pipeline.ts';
import { type PipelineRow, shown } from './pipeline-view.ts';
import { keyFrom, oneAtATime, probabilityOf, undefault } from './structure.ts';
import { type Template, TEMPLATE_NAMES, TEMPLATES } from './templates.ts';

export const FirstStage = Stage.input('name', 'key?', 'kind', 'probability', 'rotAfterDays', 'color').meta({ id: 'FirstStage' });
type FirstStage = z.output<typeof FirstStage>;

interface PipelineInput {
  name: string;
  isDefault?: boolean;
  custom?: Record<string, unknown>;
  template?: Template;
  stages?: FirstStage[];
}
export const NewPipeline = camelCased<PipelineInput>(
  ['name', 'isDefault', 'custom', 'template', 'stages'],
  z.strictObject({
    name: text({ max: 100 }).check,
    is_default: flag().check.optional(),
    custom: metadata().check.optional(),
    template: z.enum(TEMPLATE_NAMES).optional().meta({ description: 'The stages to begin with; standard unless stages are given' }),
    stages: z.array(FirstStage).min(2).max(50).optional().meta({ description: 'In their order; the ones that close come last' }),
  }),
).meta({ id: 'NewPipeline' });

/** @throws pipeline.incomplete, pipeline.order, stage.key_taken */
export class CreatePipeline extends Command<PipelineRow> {
  constructor(readonly input: PipelineInput) {
    super();
  }
}

@Handles(CreatePipeline, 'create', Pipeline)
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ input: { template, stages, ...given } }: CreatePipeline) {
    if (template && stages) {
      const message = 'excludes stages';
      throw invalid('template and stages exclude each other', { details: [{ pointer: '/template', code: 'conflict', message }] });
    }
    await oneAtATime(this.em);
    if (given.isDefault) await undefault(this.em);
    const pipeline = this.em.create(Pipeline, given);
    const line = furnish(this.em, pipeline, stages ?? TEMPLATES[template ?? 'standard']);
    await this.em.flush();
    return shown(pipeline, line);
  }
}

/** Furnishes a new organization with its first pipeline, which is its default. */
export class CreateStandardPipeline extends Command<void> {}

@Handles(CreateStandardPipeline, 'system')
class StandardHandler {
  constructor(private readonly em: EntityManager) {}
  async execute() {
    furnish(this.em, this.em.create(Pipeline, { name: 'Sales', isDefault: true }), TEMPLATES.standard);
  }
}

function furnish(em: EntityManager, pipeline: Pipeline, steps: readonly FirstStage[]): Stage[] {
  checkLine(steps.map(({ kind = 'open' }) => ({ kind })));
  const keys: string[] = [];
  return steps.map(({ name, key, kind = 'open', probability, ...rest }, index) => {
    const own = key ?? keyFrom(name, keys);
    if (keys.includes(own))
      throw stageKeyTaken(`Two stages have the key ${own}`, {
        details: [{ pointer: `/stages/${index}/key`, code: 'taken', message: 'is taken' }],
      });
    keys.push(own);
    return em.create(Stage, {
      ...rest,
      pipelineId: pipeline.id,
      name,
      key: own,
      kind,
      position: index + 1,
      probability: probabilityOf(kind, probability),
    });
  });
}
