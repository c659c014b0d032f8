import { noServer, type Server, startRedis } from '@sess/testing'
import { type ScenarioEngine, testFailures, testSharing } from '@sess/testing/scenarios'
import { describe } from 'vitest'

const engine: ScenarioEngine<Server> = {
  title: 'redis',
  module: new URL('../dist/index.js', import.meta.url).href,
  provider: 'redis',
  start: () => startRedis(),
  config: (server, route) => {
    const { host, port } = route.via(server)
    return `${host}:${port},100`
  },
}

describe.skipIf(await noServer('redis'))('redis', () => {
  testSharing(engine)
  testFailures(engine)
})
