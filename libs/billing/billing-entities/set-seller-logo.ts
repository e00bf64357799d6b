import { Command, EntityManager, Handles, load, Storage, type Upload } from '#kernel';
import type { z } from 'zod';
import { fitLogo, type LogoFields } from '../documents/logo.ts';
import { BillingEntity } from './billing-entity.ts';

/** Gives a seller a logo: on what it issues from then on, where the template has none of its own. @throws logo.unfit */
export class SetSellerLogo extends Command<BillingEntity> {
  constructor(
    readonly id: string,
    readonly input: Upload<z.output<typeof LogoFields>>,
  ) {
    super();
  }
}

@Handles(SetSellerLogo, 'update', BillingEntity)
class SetHandler {
  constructor(
    private readonly em: EntityManager,
    private readonly storage: Storage,
  ) {}
  async execute({ id, input: { file } }: SetSellerLogo) {
    const logo = await fitLogo(this.storage, file.key);
    return Object.assign(await load(this.em, BillingEntity, id), { logo });
  }
}

export class RemoveSellerLogo extends Command<BillingEntity> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(RemoveSellerLogo, 'update', BillingEntity)
class RemoveHandler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id }: RemoveSellerLogo) {
    return Object.assign(await load(this.em, BillingEntity, id), { logo: null });
  }
}
