import { Global, Module } from '@nestjs/common';
import { Housekeeping } from './housekeeping.ts';
import { Organizations } from './organizations.ts';
import { Outbox } from './outbox.ts';
import { Promises } from './promises.ts';
import { Sealer } from './seal.ts';
import { Verifier } from './verify.ts';

const providers = [Outbox, Promises, Sealer, Housekeeping, Organizations, Verifier];

/** The work that stands in tables, and how a piece of it is done and looked after; without a queue. For the worker, the terminal and the tests. */
@Global()
@Module({ providers, exports: providers })
export class JobsModule {}
