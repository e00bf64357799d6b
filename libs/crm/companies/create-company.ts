import { Command, EntityManager, Handles } from '#kernel';
import type { z } from 'zod';
import { Company, tidied } from './company.ts';
import type { NewCompany } from './company-input.ts';

export class CreateCompany extends Command<Company> {
  constructor(readonly input: z.output<typeof NewCompany>) {
    super();
  }
}

@Handles(CreateCompany, 'create', Company)
class Handler {
  constructor(private readonly em: EntityManager) {}
  execute({ input }: CreateCompany) {
    return Promise.resolve(this.em.create(Company, tidied(input)));
  }
}
