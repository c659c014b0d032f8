import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

// Tests import packages by name and get their sources, so that a failure points at the line to mend. 'import' is not
// in the list: Vitest hands it on to Node, where it would spoil what a package requires.
const conditions = ['@sess/source', 'node']

// CI wants to count the tests itself.
const reporters = process.env.TEST_REPORT ? ['default', './scripts/lib/test-report.mjs'] : ['default']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    // Most tests wait for servers and clocks: one more than there are processors keeps those busy.
    maxWorkers: availableParallelism() + 1,
    // Those that run side by side in one process wait most of their time, too.
    maxConcurrency: 10,
    include: ['{packages,examples}/*/test/**/*.test.ts', '{testing,bench}/test/**/*.test.ts'],
    globalSetup: ['testing/src/global-setup.ts'],
    reporters,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
