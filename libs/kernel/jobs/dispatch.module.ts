import { Global, Module } from '@nestjs/common';
import { Chores } from './chores.ts';
import { Bell, Dispatcher, Processing } from './dispatcher.ts';
import { QueueModule } from './queue.ts';

/** What makes a process a worker: the queue, who fills it and who empties it. */
@Global()
@Module({ imports: [QueueModule], providers: [Bell, Chores, Processing, Dispatcher], exports: [Dispatcher] })
export class DispatchModule {}

export { Dispatcher };
