import { Contact, CreateCompany, CreateContact, CreateDeal, CreateTask, LogActivity, LoseDeal, MoveDeal, WinDeal } from '#crm';
import { CreateOrganization, CreateUser, Membership, User } from '#identity';
import {
  actingAs,
  type Actor,
  addDays,
  after,
  Bus,
  type Command,
  EntityManager,
  now,
  type OrganizationFacts,
  Organizations,
  type Role,
  setClock,
  slugify,
  system,
  today,
} from '#kernel';
import type { INestApplicationContext } from '@nestjs/common';
import { DEMO, DEMO_PASSWORD, type DemoDeal, type DemoOrganization } from './script.ts';

const E4 = 10_000n;
const HOURS = 24;

/** Makes the demo world, through the same commands as everybody; what is there already is left alone. @returns what was made */
export async function seedDemo(app: INestApplicationContext): Promise<string[]> {
  const made: string[] = [];
  for (const script of DEMO) {
    const organization = (await app.get(Organizations).find(slugify(script.name))) ?? (await found(app, script));
    if (await new Story(app, organization, script).tell()) made.push(script.name);
  }
  return made;
}

async function found(app: INestApplicationContext, { name, staff, currency, timeZone }: DemoOrganization): Promise<OrganizationFacts> {
  const [bus, em] = [app.get(Bus), app.get(EntityManager)];
  await bus.asSystem(null, async () => {
    for (const { email, name: person } of staff)
      if (!(await em.count(User, { email }))) await bus.run(new CreateUser({ email, name: person, password: DEMO_PASSWORD }));
  });
  const input = { name, owner_email: staff[0].email, currency, time_zone: timeZone };
  const organization = await actingAs(system(null), () => bus.run(new CreateOrganization(input)));
  return organization.facts();
}

/** What happened in an organization during the last months, each thing at its time and by somebody: all of it or nothing. */
class Story {
  private readonly bus: Bus;
  private readonly em: EntityManager;
  private readonly began = now();
  private readonly people = new Map<Role, Actor>();
  private readonly companies = new Map<string, string>();
  private readonly contacts = new Map<string, string>();

  constructor(
    app: INestApplicationContext,
    private readonly organization: OrganizationFacts,
    private readonly script: DemoOrganization,
  ) {
    this.bus = app.get(Bus);
    this.em = app.get(EntityManager);
  }

  /** @returns whether there was anything to do */
  async tell(): Promise<boolean> {
    try {
      return await this.bus.asSystem(this.organization, async () => {
        if (await this.em.count(Contact)) return false;
        await this.hire();
        await this.meet();
        for (const deal of this.script.deals) await this.deal(deal);
        return true;
      });
    } finally {
      setClock();
    }
  }

  private async hire() {
    for (const { email, role } of this.script.staff) {
      const user = await this.em.findOneOrFail(User, { email });
      const membership = { organizationId: this.organization.id, userId: user.id };
      if (!(await this.em.count(Membership, membership))) this.em.create(Membership, { ...membership, role });
      this.people.set(role, { kind: 'user', userId: user.id, role, permissionSets: [], organization: this.organization });
    }
    await this.em.flush();
  }

  private async meet() {
    const { companies, contacts } = this.script;
    for (const [i, { name, domain, industry, employees }] of companies.entries()) {
      const { id } = await this.by(
        'admin',
        95 - i,
        new CreateCompany({ name, domain, industry, employees, currency: this.organization.currency }),
      );
      this.companies.set(name, id);
    }
    for (const [i, { by, company, ...contact }] of contacts.entries()) {
      const companyId = company && this.companies.get(company);
      const { id } = await this.by(by, 90 - i / 2, new CreateContact({ ...contact, ...(companyId ? { companyId } : {}) }));
      this.contacts.set(contact.name, id);
    }
  }

  private async deal({ title, contact, company, amount, by, source, begun, expectedIn, ...then }: DemoDeal) {
    const about = { contactId: this.contacts.get(contact)!, companyId: (company && this.companies.get(company)) ?? null };
    const { currency, timeZone } = this.organization;
    const expectedCloseDate = expectedIn === undefined ? null : addDays(today(timeZone), expectedIn);
    const input = { title, ...about, amount: BigInt(amount) * E4, currency, source, expectedCloseDate };
    const { id } = await this.by(by, begun, new CreateDeal(input));
    for (const [stage, daysAgo] of then.moves ?? []) await this.by(by, daysAgo, new MoveDeal(id, { stage }));
    for (const [daysAgo, kind, text] of then.said ?? [])
      await this.by(by, daysAgo, new LogActivity({ kind, text, dealId: id, contactId: about.contactId }));
    if (then.won !== undefined) await this.by(by, then.won, new WinDeal(id));
    if (then.lost) await this.by(by, then.lost[0], new LoseDeal(id, { lostReason: then.lost[1] }));
    if (then.task) {
      const [what, dueIn, priority] = then.task;
      const dueDate = addDays(today(timeZone), dueIn);
      // Nobody can promise something for yesterday: an overdue task was made when it was not.
      await this.by(by, Math.max(0, -dueIn), new CreateTask({ title: what, dueDate, priority, dealId: id, contactId: about.contactId }));
    }
  }

  /** Runs a command as somebody, so many days ago. */
  private async by<R>(role: Role, daysAgo: number, command: Command<R>): Promise<R> {
    const at = after(this.began, { minutes: -Math.round(daysAgo * HOURS * 60) });
    setClock(() => at);
    const result = await actingAs(this.people.get(role)!, () => this.bus.run(command));
    await this.em.flush();
    setClock(() => this.began);
    return result;
  }
}
