import suite from '../../jest.config.mjs';

/** @type {import('jest').Config} */
export default { ...suite, rootDir: '../..', testMatch: ['<rootDir>/test/mutants/*.mutants.ts'], testTimeout: 3_600_000 };
