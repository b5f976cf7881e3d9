// Three kinds of test: `unit` (Node, memory links), `simulation` (seeded worlds), and those in real Chromium and Firefox. Of these `npm test` runs
// `browser` and `browser-aside` beside each other, one file of each at a time.
import { defineConfig } from 'vitest/config'

const browserTests = 'test/browser/**/*.test.ts'
const simulationTests = 'test/simulation/**/*.test.ts'

/** They wait for most of their time, or need few tabs: they leave room for the meshes of the others. */
const asideTests = [
  'bad-input',
  'command-bar',
  'decisions-apart',
  'decisions-panel',
  'discard',
  'example',
  'identity',
  'kept',
  'lifecycle',
  'link-facts',
  'network/network',
  'privacy',
  'raft-storage',
  'refusal',
  'room-settings',
  'sandbox',
  'sandbox-frame',
  'shared-storage',
].map(name => `test/browser/${name}.test.ts`)

/** The files of one process share what they import, which takes longer than many a test; and browsers, which take longer to start. */
const together = { isolate: false }

const inBrowsers = {
  ...together,
  fileParallelism: false,
  retry: 2, // two cores and a dozen real tabs: another try tells a slow machine from a broken rule
  testTimeout: 120_000,
  hookTimeout: 120_000,
}

export default defineConfig({
  test: {
    maxWorkers: 6, // most wait for clocks and for each other, on however few cores
    projects: [
      {
        test: {
          ...together,
          name: 'unit',
          retry: 1, // many run whole rooms by real clocks: another try tells a busy machine from a broken rule
          testTimeout: 60_000, // never reached but on a machine that does much else
          include: ['test/**/*.test.ts'],
          exclude: [browserTests, simulationTests],
          setupFiles: ['test/support/polyfill.ts'],
        },
      },
      { test: { ...together, name: 'simulation', include: [simulationTests], testTimeout: 120_000 } },
      { test: { name: 'browser', include: [browserTests], exclude: asideTests, ...inBrowsers } },
      { test: { name: 'browser-aside', include: asideTests, ...inBrowsers } },
    ],
  },
})
