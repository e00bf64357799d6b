import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';

@Module({})
class Docs {}

/** Swagger UI at /docs, ReDoc at /redoc, the document at /openapi.json. Nothing comes from outside, and nothing is made before it is asked for. */
export function serveDocs(app: NestFastifyApplication, make: () => object) {
  let document: string | undefined;
  let pages: ReturnType<typeof swagger> | undefined;
  const page = async (request: FastifyRequest, reply: FastifyReply) => {
    pages ??= swagger(make).catch((error: unknown) => {
      pages = undefined;
      throw error;
    });
    const { url, headers } = request;
    const answer = await (await pages).inject({ method: 'GET', url, headers });
    for (const name of ['content-type', 'etag', 'last-modified', 'cache-control', 'location'])
      if (answer.headers[name] !== undefined) void reply.header(name, answer.headers[name]);
    return reply.code(answer.statusCode).send(answer.rawPayload);
  };
  const fastify = app.getHttpAdapter().getInstance();
  fastify.get('/openapi.json', (_request, reply) =>
    reply.type('application/json; charset=utf-8').send((document ??= JSON.stringify(make()))),
  );
  fastify.get('/docs', page);
  fastify.get('/docs/*', page);
  fastify.get('/redoc', (_request, reply) => reply.type('text/html').send(REDOC));
  fastify.get('/redoc.js', (_request, reply) =>
    reply.type('text/javascript').header('cache-control', 'public, max-age=86400').send(createReadStream(bundle())),
  );
}

/** An application of its own, so that it may come late: the package is a sixth of all that the API would load at a start. */
async function swagger(make: () => object) {
  const { SwaggerModule } = await import('@nestjs/swagger');
  const docs = await NestFactory.create<NestFastifyApplication>(Docs, new FastifyAdapter(), { logger: false });
  // The document is 3.1; Nest's type knows 3.0, and only passes it through.
  SwaggerModule.setup('docs', docs, () => make() as OpenAPIObject, { swaggerOptions: { persistAuthorization: true } });
  await docs.init();
  return docs;
}

const REDOC = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tessera API</title><meta name="viewport" content="width=device-width">
<style>body{margin:0}</style></head><body><redoc spec-url="/openapi.json"></redoc><script src="/redoc.js"></script></body></html>`;
/** Beside the compiled code, where the build put it; in the package when run from the sources. */
const bundle = () => {
  const top = join(import.meta.dirname, '../../..');
  const built = join(top, 'redoc.js');
  return existsSync(built) ? built : join(top, 'node_modules/redoc/bundles/redoc.standalone.js');
};
