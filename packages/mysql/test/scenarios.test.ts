import { noServer, startMariaDB } from '@sess/testing'
import { type Route, type ScenarioEngine, testFailures, testSharing } from '@sess/testing/scenarios'
import mysql2 from 'mysql2/promise'
import { describe } from 'vitest'
import { specTable } from './support/place.ts'

type Place = Awaited<ReturnType<typeof startMariaDB>>

const engine: ScenarioEngine<Place> = {
  title: 'mysql',
  module: new URL('../dist/index.js', import.meta.url).href,
  provider: 'mysql',
  start: () => startMariaDB(),
  config: ({ host, port, user, password, database }, route: Route) => ({
    ...route.via({ host, port }),
    user,
    password,
    database,
    createTable: true,
  }),
}

/** On the table of the documents, and without prepared statements. */
const plain: ScenarioEngine<Place> = {
  ...engine,
  title: 'mysql, MyISAM, not prepared',
  start: async () => {
    const server = await startMariaDB()
    const { host, port, user, password, database } = server
    const admin = await mysql2.createConnection({ host, port, user, password, database })
    await admin.query(specTable('session'))
    await admin.end()
    return server
  },
  config: ({ host, port, user, password, database }, route) => {
    const address = route.via({ host, port })
    return `${user}:${password}@tcp(${address.host}:${address.port})/${database}?interpolateParams=true`
  },
}

describe.skipIf(await noServer('mysql'))('mysql', () => {
  testSharing(engine)
  testFailures(engine)
  describe('on the table of the documents', () => {
    testSharing(plain)
  })
})
