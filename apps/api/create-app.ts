import { fastifyAdapter, openApi, openDoor, serveDocs } from '#kernel';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** Dresses the application as it is served: the door, the documents, an orderly stop. The tests use the same. */
export async function dress(app: NestFastifyApplication): Promise<NestFastifyApplication> {
  await openDoor(app);
  serveDocs(app, openApi);
  app.enableShutdownHooks();
  return app;
}
export { fastifyAdapter };
