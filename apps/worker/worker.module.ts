import { JobsModule, KernelModule, logging, NoHttpModule, queue } from '#kernel';
import { Module, type Type } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import * as contexts from '../../libs/contexts.ts';

const { DispatchModule } = await queue();

/** The queue door: the kernel, every context, and what brings due work to them. */
@Module({
  imports: [
    LoggerModule.forRoot(logging()),
    KernelModule,
    NoHttpModule,
    JobsModule,
    DispatchModule,
    ...(Object.values(contexts) as Type[]),
  ],
})
export class WorkerModule {}
