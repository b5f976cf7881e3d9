// Four kinds of test: `unit` (Node, memory links), `simulation` (seeded worlds), and two with real Chromium and Firefox, each one
// file at a time: `browser` (rooms of tabs) and beside it `page` (what a page shows, stores and refuses, where nothing depends on time).
import { defineConfig } from 'vitest/config'

const browserTests = 'test/browser/**/*.test.ts'
const pageTests =
  'test/browser/{bad-input,console,decisions-panel,example,identity,privacy,raft-storage,refusal,sandbox,sandbox-frame}.test.ts'
const real = { fileParallelism: false, testTimeout: 120_000, hookTimeout: 120_000 }
const simulationTests = 'test/simulation/**/*.test.ts'

export default defineConfig({
  test: {
    maxWorkers: 4, // most wait for clocks and for each other, on however few cores
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [browserTests, simulationTests],
          setupFiles: ['test/support/polyfill.ts'],
        },
      },
      { test: { name: 'simulation', include: [simulationTests], testTimeout: 120_000 } },
      // Two cores and a dozen real tabs: another try tells a slow machine from a broken rule.
      { test: { ...real, name: 'browser', include: [browserTests], exclude: [pageTests], retry: 2 } },
      { test: { ...real, name: 'page', include: [pageTests], retry: 2 } },
    ],
  },
})
