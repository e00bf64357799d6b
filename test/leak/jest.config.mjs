import suite from '../../jest.config.mjs';

/** @type {import('jest').Config} */
export default { ...suite, rootDir: '../..', testMatch: ['<rootDir>/test/leak/*.long.ts'], testTimeout: 7_200_000 };
