import suite from '../../jest.config.mjs';

/** @type {import('jest').Config} */
export default { ...suite, rootDir: '../..', testMatch: ['<rootDir>/test/strain/*.strain.ts'], testTimeout: 7_200_000 };
