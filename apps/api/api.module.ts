import { HttpServer, KernelModule, logging, Server } from '#kernel';
import { Global, Module, type Type } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import * as contexts from '../../libs/contexts.ts';
import { HealthController } from './health.controller.ts';

@Global()
@Module({ providers: [{ provide: Server, useClass: HttpServer }], exports: [Server] })
class ServerModule {}

/** The HTTP door: the kernel, every context, and what serves their route tables. */
@Module({
  imports: [LoggerModule.forRoot(logging()), KernelModule, ServerModule, ...(Object.values(contexts) as Type[])],
  controllers: [HealthController],
})
export class ApiModule {}
