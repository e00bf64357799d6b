import { Global, Module } from '@nestjs/common';
import { Server } from './routes.ts';

class NoServer extends Server {
  serve(): Promise<void> {
    throw new Error('This process serves no HTTP');
  }
}

/** For processes with other doors: the contexts' controllers are there, and nobody calls them. */
@Global()
@Module({ providers: [{ provide: Server, useClass: NoServer }], exports: [Server] })
export class NoHttpModule {}
