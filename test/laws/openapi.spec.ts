import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { MikroORM } from '@mikro-orm/postgresql';
import { ormOptions } from '#kernel';
import { app, send } from '../world.ts';
import { document, operations } from './samples.ts';

/** Snapshots are written anew by `UPDATE=1 npm test -- laws/openapi`; a change shows in review. */
const snapshot = (file: string, text: string) => {
  if (process.env.UPDATE) writeFileSync(file, text);
  return readFileSync(file, 'utf8');
};
const DOCUMENT = 'test/openapi.json';
const SCHEMA = 'test/schema.sql';
const NEVER = 'postgresql://nobody@localhost/none';

describe('the document', () => {
  it('in the repository is the one the application serves', async () => {
    await app();
    const served = (await send('GET', '/openapi.json')).body;
    expect(served).toEqual(JSON.parse(JSON.stringify(document())));
    const text = `${JSON.stringify(served, null, 2)}\n`;
    expect(snapshot(DOCUMENT, text)).toBe(text);
  });

  it('is shown to people at /docs and /redoc, with every file they need, to several at once and with the headers of a page', async () => {
    for (const url of ['/docs', '/docs/', '/redoc']) {
      const pages = await Promise.all(Array.from({ length: 3 }, () => send('GET', url)));
      for (const { status, headers, text } of pages) {
        expect([url, status, headers['content-type']]).toEqual([url, 200, expect.stringContaining('text/html')]);
        expect(headers['x-content-type-options']).toBe('nosniff');
        expect(text).not.toMatch(/(src|href)="(https?:)?\/\//);
        for (const [, file] of text.matchAll(/(?:src|href)="([^"]+)"/g)) {
          const path = new URL(file!, `http://here${url}`).pathname;
          expect([path, (await send('GET', path)).status]).toEqual([path, 200]);
        }
      }
    }
    const start = await send('GET', '/docs/swagger-ui-init.js');
    expect([start.headers['content-type'], start.text.includes('"/api/v1/contacts/{id}"')]).toEqual([
      expect.stringContaining('javascript'),
      true,
    ]);
    const icon = await send('GET', '/docs/favicon-32x32.png');
    expect((await send('GET', '/docs/favicon-32x32.png', undefined, { 'if-none-match': icon.headers.etag! })).status).toBe(304);
    expect(icon.bytes.subarray(1, 4).toString()).toBe('PNG');
    expect((await send('GET', '/docs/nothing.js')).status).toBe(404);
  });

  it('is linted without a complaint, and canary: a document with an unknown reference is not', () => {
    const lint = (file: string) =>
      spawnSync(process.execPath, ['node_modules/@redocly/cli/bin/cli.js', 'lint', file, '--config', '.redocly.yaml'], {
        encoding: 'utf8',
      });
    const { status, stdout, stderr } = lint(DOCUMENT);
    expect({ status, said: status ? stdout + stderr : '' }).toEqual({ status: 0, said: '' });
    const broken = `${process.env.STORAGE_DIR}.openapi.json`;
    writeFileSync(broken, readFileSync(DOCUMENT, 'utf8').replace('"#/components/schemas/Problem"', '"#/components/schemas/Nobody"'));
    expect(lint(broken).status).not.toBe(0);
  });

  it('names every operation once, says what it does, what it needs and what it answers', () => {
    const all = operations();
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    for (const { id, doc, method } of all) {
      expect({ id, summary: doc.summary, tags: doc.tags, permission: doc['x-permission'] }).toEqual({
        id,
        summary: expect.stringMatching(/^\S.{3,}/),
        tags: [expect.any(String)],
        permission: expect.any(String),
      });
      const answers = Object.keys(doc.responses);
      // A creation that finds the record made before answers 200 beside its 201, a batch of which some went wrong 207.
      const good = answers.filter((status) => status < '300');
      expect({ id, good: /^200,20[17]$/.test(good.join()) ? 1 : good.length }).toEqual({ id, good: 1 });
      expect({ id, answers }).toEqual({ id, answers: expect.arrayContaining(['400', '429', '503']) });
      if (method === 'PATCH' || method === 'PUT') expect({ id, body: Boolean(doc.requestBody) }).toEqual({ id, body: true });
    }
  });

  it('refers to nothing that it does not define, and defines nothing as itself', () => {
    const { components, ...rest } = document();
    const text = JSON.stringify({ rest, components });
    const named = new Set([...text.matchAll(/"#\/components\/(\w+)\/(\w+)"/g)].map(([, kind, name]) => `${kind}/${name}`));
    for (const one of named) {
      const [kind, name] = one.split('/') as [string, string];
      expect({
        one,
        is: components[kind]?.[name] === undefined ? 'missing' : components[kind][name].$ref === `#/components/${one}` ? 'itself' : 'there',
      }).toEqual({ one, is: 'there' });
    }
  });
});

it('the schema in SQL is the one in the repository', async () => {
  const orm = await MikroORM.init(ormOptions(NEVER, { driverOptions: undefined }));
  const text = `-- The tables as the entities declare them; written by UPDATE=1 npm test -- laws/openapi\n${await orm.schema.getCreateSchemaSQL({ wrap: false })}`;
  await orm.close();
  expect(snapshot(SCHEMA, text)).toBe(text);
});
