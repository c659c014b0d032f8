import { noServer, startMemcached } from '@sess/testing'
import { type ScenarioEngine, testFailures, testSharing } from '@sess/testing/scenarios'
import { describe } from 'vitest'

const engine: ScenarioEngine<Awaited<ReturnType<typeof startMemcached>>> = {
  title: 'memcache',
  module: new URL('../dist/index.js', import.meta.url).href,
  provider: 'memcache',
  start: startMemcached,
  config: (server, route) => {
    const { host, port } = route.via(server)
    return `${host}:${port}`
  },
}

describe.skipIf(await noServer('memcached'))('memcache', () => {
  testSharing(engine)
  testFailures(engine)
})
