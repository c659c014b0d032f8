import { noServer, startPostgres } from '@sess/testing'
import { type ScenarioEngine, testFailures, testSharing } from '@sess/testing/scenarios'
import { describe } from 'vitest'

const engine: ScenarioEngine<Awaited<ReturnType<typeof startPostgres>>> = {
  title: 'postgresql',
  module: new URL('../dist/index.js', import.meta.url).href,
  provider: 'postgresql',
  start: () => startPostgres(),
  config: ({ host, port, user, password, database }, { via }) => ({
    ...via({ host, port }),
    ...{ user, password, database, createTable: true },
  }),
}

describe.skipIf(await noServer('postgres'))('postgresql', () => {
  testSharing(engine)
  testFailures(engine)
})
