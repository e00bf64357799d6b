import { Contact, CreateContact } from '#crm';
import { Membership, Organization, Register, User } from '#identity';
import { actingAs, type Actor, Bus, EntityManager, NOBODY, type OrganizationFacts, Organizations, slugify, uuidv7 } from '#kernel';
import type { INestApplicationContext } from '@nestjs/common';
import { DEMO, DEMO_PASSWORD, type DemoOrganization } from './script.ts';

/** Makes the demo world, through the same commands as everybody; what is there already is left alone. @returns what was made */
export async function seedDemo(app: INestApplicationContext): Promise<string[]> {
  const made: string[] = [];
  for (const script of DEMO) {
    const known = await app.get(Organizations).find(slugify(script.name));
    const organization = known ?? (await found(app, script));
    if (!known) made.push(organization.name);
    await furnish(app, organization, script);
  }
  return made;
}

async function found(app: INestApplicationContext, { name, staff, currency, timeZone }: DemoOrganization) {
  const [bus, em] = [app.get(Bus), app.get(EntityManager)];
  const [first] = staff;
  const input = { email: first.email, password: DEMO_PASSWORD, name: first.name, organization_name: name };
  const { organization } = await actingAs(NOBODY, () => bus.run(new Register(input)));
  const facts = { ...organization.facts(), currency, timeZone };
  await bus.asSystem(facts, async () => {
    Object.assign(await em.findOneOrFail(Organization, organization.id), { currency, timeZone });
  });
  return { ...facts, name };
}

async function furnish(app: INestApplicationContext, organization: OrganizationFacts, { staff, contacts }: DemoOrganization) {
  const [bus, em] = [app.get(Bus), app.get(EntityManager)];
  await bus.asSystem(organization, async () => {
    if (await em.count(Contact)) return;
    const owner = await em.findOneOrFail(User, { email: staff[0].email });
    const actors: Actor[] = [];
    for (const { email, name, role } of staff) {
      const user = email === owner.email ? owner : em.create(User, { id: uuidv7(), email, name, passwordHash: owner.passwordHash });
      if (user !== owner) em.create(Membership, { organizationId: organization.id, userId: user.id, role });
      await em.flush();
      actors.push({ kind: 'user', userId: user.id, role, permissionSets: [], organization });
    }
    for (const [i, contact] of contacts.entries()) {
      await actingAs(actors[i % actors.length]!, () => bus.run(new CreateContact(contact)));
      await em.flush();
    }
  });
}
