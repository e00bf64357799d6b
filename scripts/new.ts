// npm run new -- context <name> | entity <context>/<plural>/<entity> | use-case <context>/<plural>/<verb-noun>
// Writes the first version of each, in the shape of what is there, and says which lines are still to be added by hand.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { plainly } from './plainly.ts';

const pascal = (name: string) => name.replace(/(^|[-_])(.)/g, (_, __, letter: string) => letter.toUpperCase());
const snake = (name: string) => name.replaceAll('-', '_');
const article = (name: string) => (/^[aeiou]/.test(name) ? 'an' : 'a');
const words = (name: string) => name.replaceAll('-', ' ');

function write(file: string, text: string) {
  if (existsSync(file)) throw new Error(`${file} exists already.`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text.trimStart());
  console.log(`wrote ${file}`);
}
const append = (file: string, line: string) => {
  writeFileSync(file, `${readFileSync(file, 'utf8').trimEnd()}\n${line}\n`);
  console.log(`added to ${file}: ${line}`);
};

function context(name: string) {
  const Name = pascal(name);
  const constant = `${Name.charAt(0).toLowerCase()}${Name.slice(1)}`;
  write(
    `libs/${name}/${name}.permissions.ts`,
    `
import type { Permissions } from '#kernel';

/** Who may do what here: each role names what it adds to the one below. */
export const ${constant}Permissions: Permissions = {};
`,
  );
  write(
    `libs/${name}/${name}.module.ts`,
    `
import { Context } from '#kernel';
import { ${constant}Permissions } from './${name}.permissions.ts';

@Context({ entities: [], permissions: ${constant}Permissions, controllers: [], useCases: [] })
export class ${Name}Module {}
`,
  );
  write(`libs/${name}/index.ts`, `export { ${Name}Module } from './${name}.module.ts';\n`);
  append('libs/contexts.ts', `export { ${Name}Module } from '#${name}';`);
}

function entity(path: string) {
  const [of, plural, name] = parts(path, 'entity <context>/<plural>/<entity>, e.g. crm/notes/note');
  const Name = pascal(name);
  const constant = `${Name.charAt(0).toLowerCase()}${Name.slice(1)}`;
  const folder = `libs/${of}/${plural}`;
  write(
    `${folder}/${name}.ts`,
    `
import { businessRecord, List, text } from '#kernel';

export class ${Name} extends businessRecord('${snake(name)}', {
  title: text({ max: 200 }),
}) {}

/** What a caller may set; a further field is a line above and a name here. */
export const ${constant}Fields = ['title', 'ownerId', 'custom'] as const;
export const ${Name}View = ${Name}.view('id', ...${constant}Fields, 'createdAt', 'updatedAt', 'version');
export const ${Name}List = new List(${Name}View, {
  sorts: ['createdAt', 'updatedAt', 'title'],
  filters: ['ownerId', 'title', 'createdAt', 'updatedAt'],
});
`,
  );
  write(
    `${folder}/create-${name}.ts`,
    command(
      `create-${name}`,
      Name,
      `export const New${Name} = ${Name}.input(...${constant}Fields).meta({ id: 'New${Name}' });`,
      `New${Name}`,
      'create',
      `return this.em.create(${Name}, input);`,
      false,
      `./${name}.ts`,
    ),
  );
  write(
    `${folder}/update-${name}.ts`,
    command(
      `update-${name}`,
      Name,
      `export const ${Name}Changes = ${Name}.patch(...${constant}Fields).meta({ id: '${Name}Changes' });`,
      `${Name}Changes`,
      'update',
      `return Object.assign(await load(this.em, ${Name}, id), input);`,
      true,
      `./${name}.ts`,
    ),
  );
  write(
    `${folder}/${plural}.controller.ts`,
    `
import { controller, crud } from '#kernel';
import { Create${Name}, New${Name} } from './create-${name}.ts';
import { ${Name}, ${Name}List, ${Name}View } from './${name}.ts';
import { ${Name}Changes, Update${Name} } from './update-${name}.ts';

export const ${pascal(plural)}Controller = controller(
  '${plural}',
  crud({
    of: ${Name},
    called: '${article(name)} ${words(name)}',
    view: ${Name}View,
    list: ${Name}List,
    create: [Create${Name}, New${Name}, { title: '${Name}' }],
    update: [Update${Name}, ${Name}Changes, { title: '${Name}' }],
  }),
  { of: ${Name} },
);
`,
  );
  console.log(`
Now by hand:
  libs/${of}/${of}.module.ts        entities: ${Name} · controllers: ${pascal(plural)}Controller · useCases: Create${Name}, Update${Name}
  libs/${of}/${of}.permissions.ts   who may read, create, update, delete ${Name}
  npm run migration -- migration:create -n ${name}`);
}

function command(file: string, Name: string, schema: string, input: string, action: string, body: string, hasId: boolean, from: string) {
  const Message = pascal(file);
  const constant = `${Name.charAt(0).toLowerCase()}${Name.slice(1)}`;
  const loads = hasId ? ', load' : '';
  const fields = hasId
    ? `\n    readonly id: string,\n    readonly input: z.output<typeof ${input}>,\n  `
    : `readonly input: z.output<typeof ${input}>`;
  return `
import { Command, EntityManager, Handles${loads} } from '#kernel';
import type { z } from 'zod';
import { ${Name}, ${constant}Fields } from '${from}';

${schema}

export class ${Message} extends Command<${Name}> {
  constructor(${fields}) {
    super();
  }
}

@Handles(${Message}, '${action}', ${Name})
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ ${hasId ? 'id, ' : ''}input }: ${Message}) {
    ${body}
  }
}
`;
}

function useCase(path: string) {
  const [of, plural, name] = parts(path, 'use-case <context>/<plural>/<verb-noun>, e.g. crm/deals/archive-deal');
  const noun = name.slice(name.indexOf('-') + 1);
  const [verb] = name.split('-');
  const Noun = pascal(noun);
  write(
    `libs/${of}/${plural}/${name}.ts`,
    `
import { Command, EntityManager, Handles, load } from '#kernel';
import { ${Noun} } from './${noun}.ts';

export class ${pascal(name)} extends Command<${Noun}> {
  constructor(readonly id: string) {
    super();
  }
}

@Handles(${pascal(name)}, 'update', ${Noun})
class Handler {
  constructor(private readonly em: EntityManager) {}
  async execute({ id }: ${pascal(name)}) {
    return load(this.em, ${Noun}, id);
  }
}
`,
  );
  console.log(`
Now by hand:
  libs/${of}/${of}.module.ts                     useCases: ${pascal(name)}
  libs/${of}/${plural}/${plural}.controller.ts   ${verb}: post(':id/${verb}', ${pascal(name)}, { does: '…', answers: ${Noun}View })`);
}

function parts(path: string, usage: string): [string, string, string] {
  const [a, b, c] = path.split('/');
  if (!a || !b || !c) throw new Error(`Usage: npm run new -- ${usage}`);
  if (!existsSync(`libs/${a}`)) throw new Error(`There is no context ${a}; npm run new -- context ${a}`);
  return [a, b, c];
}

await plainly(async () => {
  const [kind, path] = process.argv.slice(2);
  const makers: Record<string, (path: string) => void> = { context, entity, 'use-case': useCase };
  const make = makers[kind ?? ''];
  if (!make || !path || !/^[a-z][a-z0-9/-]*$/.test(path))
    throw new Error('Usage: npm run new -- context <name> | entity <context>/<plural>/<entity> | use-case <context>/<plural>/<verb-noun>');
  make(path);
});
