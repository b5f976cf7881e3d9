// Three kinds of test: `unit` (Node, memory links), `simulation` (seeded worlds) and `browser` (real Chromium and Firefox, one file at a time).
import { defineConfig } from 'vitest/config'

const browserTests = 'test/browser/**/*.test.ts'
const simulationTests = 'test/simulation/**/*.test.ts'

export default defineConfig({
  test: {
    maxWorkers: 4, // most wait for clocks and for each other, on however few cores
    projects: [
      {
        test: {
          name: 'unit',
          retry: 1, // many run whole rooms by real clocks: another try tells a busy machine from a broken rule
          testTimeout: 60_000, // never reached but on a machine that does much else
          include: ['test/**/*.test.ts'],
          exclude: [browserTests, simulationTests],
          setupFiles: ['test/support/polyfill.ts'],
        },
      },
      { test: { name: 'simulation', include: [simulationTests], testTimeout: 120_000 } },
      {
        test: {
          name: 'browser',
          include: [browserTests],
          fileParallelism: false,
          isolate: false, // one process for all files, and so one browser of each kind
          retry: 2, // two cores and a dozen real tabs: another try tells a slow machine from a broken rule
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
