import { defineConfig } from 'vitest/config'

// Tests import packages by name and get their sources, so that a failure points at the line to mend.
const conditions = ['@sess/source', 'node', 'import', 'module', 'default']

// A file for the runner's own account of each test, so that CI can count them.
const report = process.env.TEST_REPORT

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'examples/*/test/**/*.test.ts', 'bench/test/**/*.test.ts'],
    reporters: report ? ['default', 'json'] : ['default'],
    ...(report && { outputFile: { json: report } }),
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
