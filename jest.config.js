// On Node 20 Jest cannot require() an ES module, so the two ES modules that CommonJS dependencies require
// (Fastify's inject and @fastify/static) are compiled.
const requiredEsm = ['content-disposition', 'cookie'].join('|');

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/{src,test}/**/*spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { [`^.+\\.ts$|/node_modules/(${requiredEsm})/.+\\.js$`]: '@swc/jest' },
  transformIgnorePatterns: [`/node_modules/(?!(${requiredEsm})/)`],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  globalSetup: '<rootDir>/test/support/start-postgres.js',
  globalTeardown: '<rootDir>/test/support/stop-postgres.js',
  // One for each core: Jest would leave one of two idle.
  maxWorkers: '100%',
  testTimeout: 30_000,
  // The modules of each file stay in the memory of its worker: at 3.5 GB to collect garbage took it seconds.
  workerIdleMemoryLimit: '1GB',
  // Prisma's schema engine, which migrates the template, leaves a timer of ten seconds behind.
  forceExit: true,
};
