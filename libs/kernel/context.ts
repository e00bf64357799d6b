import { applyDecorators, Module, type Provider, type Type } from '@nestjs/common';
import type { Source } from './entity.ts';
import type { Purge } from './jobs/housekeeping.ts';
import type { Invariant } from './invariants.ts';
import { grant, type Permissions } from './permissions.ts';
import { type Command, handlerOf, type MessageClass } from './use-case.ts';

interface Parts {
  entities: readonly Source[];
  permissions: Permissions;
  controllers?: readonly Type[];
  useCases: readonly MessageClass[];
  providers?: readonly Provider[];
  /** What must hold at any time, for `tessera verify`. */
  invariants?: readonly Invariant[];
  /** What an organization has decided until it decides otherwise. */
  settings?: Readonly<Record<string, unknown>>;
  /** Platform rows that are thrown away after a while. */
  housekeeping?: readonly Purge[];
  /** Commands that furnish a new organization, run in the transaction that founds it. */
  founding?: readonly (new () => Command<unknown>)[];
}
export const entities: Source[] = [];
export const invariants: Invariant[] = [];
export const housekeeping: Purge[] = [];
export const standardSettings: Record<string, unknown> = {};
export const founding: (new () => Command<unknown>)[] = [];

/** A bounded context: its nouns, its verbs, its doors, and who may do what. */
export function Context(parts: Parts): ClassDecorator {
  grant(parts.permissions);
  entities.push(...parts.entities);
  invariants.push(...(parts.invariants ?? []));
  Object.assign(standardSettings, parts.settings);
  housekeeping.push(...(parts.housekeeping ?? []));
  founding.push(...(parts.founding ?? []));
  const providers = [...parts.useCases.map(handlerOf), ...(parts.providers ?? [])];
  return applyDecorators(
    Module({ controllers: [...(parts.controllers ?? [])], providers, exports: [...(parts.providers ?? [])] as never }),
  );
}
