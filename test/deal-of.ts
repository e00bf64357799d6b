import { Deal, Pipeline, Stage } from '#crm';
import { Bus, EntityManager, now, type OrganizationFacts } from '#kernel';
import { app, type World } from './world.ts';

/** A deal in the first stage of a pipeline of its own. */
export async function dealOf({ organization }: World, values: Partial<Deal> & { ownerId: string }): Promise<Deal> {
  const instance = await app();
  const [bus, em] = [instance.get(Bus), instance.get(EntityManager)];
  const facts: OrganizationFacts = organization.facts();
  return bus.asSystem(facts, async () => {
    const pipeline = em.create(Pipeline, { name: 'Test' });
    await em.flush();
    const stage = em.create(Stage, { pipelineId: pipeline.id, name: 'First', key: 'first', position: 1 });
    await em.flush();
    const standing = { pipelineId: pipeline.id, stageId: stage.id, stage: 'first', stageEnteredAt: now(), probability: 10 };
    const deal = em.create(Deal, { title: 'Deal', ...standing, ...values } as never) as Deal;
    await em.flush();
    return deal;
  });
}
