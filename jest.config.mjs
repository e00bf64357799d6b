/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  // The compiler settings are those of .swcrc; only here do imports keep their .ts.
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { rewriteRelativeImportExtensions: false } }] },
  testMatch: ['<rootDir>/{apps,libs,test}/**/*.spec.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist'],
  globalSetup: '<rootDir>/test/harness/cluster.mjs',
  globalTeardown: '<rootDir>/test/harness/stop-cluster.mjs',
  setupFiles: ['<rootDir>/test/harness/worker-database.ts'],
  testSequencer: '<rootDir>/test/harness/longest-first.mjs',
  // One worker for each core: the default leaves one idle.
  maxWorkers: '100%',
  // A busy machine makes tests slow, not red.
  testTimeout: 600_000,
  collectCoverageFrom: ['{apps,libs}/**/*.ts', '!**/*.spec.ts'],
  // v8 counts by lines of the compiled code, and is slower.
  coverageProvider: 'babel',
  coverageReporters: ['text-summary', 'html', 'json-summary'],
  coverageThreshold: { global: { lines: 85 } },
};
