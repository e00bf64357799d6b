import { readFileSync, writeFileSync } from 'node:fs';
import {
  asText,
  COLUMNS,
  DEAD_KEYS,
  furnished,
  KEYS,
  type Matrix,
  matrixOf,
  ownersOf,
  played,
  prepared,
  private_,
  sightOf,
  type Stage,
} from './matrix.ts';
import { alsoServe } from '../world.ts';
import { isLeaky, LeakyModule } from './leaky.ts';
import { operations } from './samples.ts';

alsoServe(LeakyModule);
const FILE = 'docs/permission-matrix.md';
const all = operations().sort((a, b) => (a.path + a.method < b.path + b.method ? -1 : 1));
const real = all.filter((operation) => !isLeaky(operation));
let matrix: Matrix;
let keys: Matrix;
let seen: Matrix;
let owners: Matrix;
let here: Stage;
beforeAll(async () => {
  here = await furnished(all);
  matrix = await matrixOf(all, here);
  keys = await matrixOf(all, here, KEYS);
  seen = await sightOf(real, await furnished(real, private_));
  owners = await ownersOf(real, here);
});

it('every operation has a door that is declared, and says it in the document', () => {
  for (const { id, permission, doc, route } of real) {
    expect({ id, needs: Object.keys(route.needs) }).toEqual({ id, needs: 'welcome' in route.needs ? ['welcome'] : ['action', 'subject'] });
    expect({ id, said: doc['x-permission'] }).toEqual({ id, said: permission });
  }
});

it('the matrix is the one that was reviewed', () => {
  const text = asText({ matrix, keys, seen, owners }, real);
  if (process.env.UPDATE) writeFileSync(FILE, text);
  expect(text).toBe(readFileSync(FILE, 'utf8'));
});

describe('whatever the matrix says', () => {
  it('nobody, and who comes with an old token, is let in only where anybody is', () => {
    for (const { id } of real.filter(({ permission }) => permission !== 'anyone')) {
      const { nobody, expired } = matrix[id]!;
      expect({ id, nobody, expired }).toEqual({ id, nobody: '401', expired: '401' });
    }
  });
  it('an operator is let in where an operator is, nobody else is, and he is nowhere else', () => {
    for (const { id, permission, path } of real.filter(({ permission }) => permission !== 'anyone')) {
      const { operator, ...others } = { ...matrix[id]!, ...keys[id]! };
      expect({ id, operator }).toEqual({ id, operator: path.startsWith('admin/') ? 'yes' : '401' });
      if (permission === 'operator') expect({ id, others: [...new Set(Object.values(others))] }).toEqual({ id, others: ['401'] });
    }
  });
  it('a key that has ended opens nothing: expired, revoked, its maker gone', () => {
    for (const { id } of real.filter(({ permission }) => permission !== 'anyone'))
      for (const column of DEAD_KEYS.filter((one) => one !== 'key of a stranger'))
        expect(`${id} ${column} ${keys[id]![column]}`).toBe(`${id} ${column} 401`);
  });
  it('a key of another organization opens nothing here', () => {
    for (const { id, permission } of real.filter(({ permission }) => permission !== 'anyone'))
      expect(`${id} ${keys[id]!['key of a stranger']}`).toBe(`${id} ${permission === 'operator' ? 401 : 403}`);
  });
  it('a key opens exactly what its role and permission sets open, but for what only a person does', () => {
    const differ = real.flatMap(({ id, permission }) =>
      KEYS.filter((column) => !DEAD_KEYS.includes(column) && permission !== 'anyone').flatMap((column) => {
        const [key, role] = [keys[id]![column], matrix[id]![column === 'key lowered' ? 'member' : column.replace('key ', '')]];
        const personal = permission === 'user' || FOR_PEOPLE.has(id);
        return key === role || (personal && key === '403') ? [] : [`${id} ${column} ${key}, and not ${role}`];
      }),
    );
    expect(differ).toEqual([]);
  });
  it('a stranger is let in nowhere by the id of a record', () => {
    for (const { id } of real.filter(({ ids, permission }) => ids.length && permission !== 'anyone'))
      expect({ id, let: matrix[id]!.stranger }).not.toEqual({ id, let: 'yes' });
  });
  it('each role is let in wherever the one below is', () => {
    for (const { id } of real) {
      const ladder = (['member', 'manager', 'admin', 'owner'] as const).map((role) => matrix[id]![role] === 'yes');
      expect({ id, ladder }).toEqual({ id, ladder: [...ladder].sort() });
    }
  });
  it('a member with a permission set is let in wherever he is without it', () => {
    const less = real.flatMap(({ id }) =>
      COLUMNS.filter((column) => column.startsWith('+ ') && matrix[id]!.member === 'yes' && matrix[id]![column] !== 'yes').map(
        (column) => `${id} ${column}`,
      ),
    );
    expect(less).toEqual([]);
  });
  it('nothing broke, there was something to play each operation on, and each was asked with a request that it takes', () => {
    const cells = real.flatMap(({ id }) =>
      Object.entries({ ...matrix[id]!, ...keys[id]! }).map(([column, said]) => `${id} ${column} ${said}`),
    );
    expect(cells.filter((one) => /broke| -$| 400$/.test(one))).toEqual([]);
  });
});
/** A key makes no keys, and gives no organization away. */
const FOR_PEOPLE = new Set(['apiKeysCreate', 'organizationsTransfer']);

it('a change that changes nothing is for those who may change: the others are told so', async () => {
  const changes = real.filter(({ method, id, name }) => method === 'PATCH' && matrix[id]!.member === '403' && !name.endsWith('Batch'));
  expect(changes.length).toBeGreaterThan(10);
  for (const operation of changes) {
    const play = await prepared(operation, here, 'member');
    const answer = await played({ ...play, body: {} });
    expect(`${operation.id} ${answer?.status}`).toBe(`${operation.id} 403`);
  }
});

it('so is bringing back what is there', async () => {
  const restores = real.filter(({ name, id }) => name === 'restore' && matrix[id]!.member === '403');
  expect(restores.length).toBeGreaterThan(10);
  for (const operation of restores) {
    const play = await prepared(operation, here, 'member');
    const back = await here.owner.post(play.path ?? operation.path);
    expect(`${operation.id} ${back.status}`).toBe(`${operation.id} 200`);
    const answer = await played(play);
    expect(`${operation.id} ${answer?.status}`).toBe(`${operation.id} 403`);
  }
});

it('canary: a route whose door is wider than it should be is seen in the matrix', () => {
  const leaky = all.filter(isLeaky);
  expect(leaky).toHaveLength(4);
  expect(matrix[leaky.find(({ name }) => name === 'rename')!.id]).toMatchObject({ nobody: '401', stranger: 'yes', member: 'yes' });
  expect(asText({ matrix, keys, seen, owners }, all)).not.toBe(readFileSync(FILE, 'utf8'));
});
