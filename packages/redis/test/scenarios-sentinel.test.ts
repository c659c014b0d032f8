import { noServer, type RedisSentinel, startRedisSentinel } from '@sess/testing'
import { type ScenarioEngine, testFailures } from '@sess/testing/scenarios'
import { describe } from 'vitest'

const engine: ScenarioEngine<RedisSentinel> = {
  title: 'redis sentinel',
  module: new URL('../dist/index.js', import.meta.url).href,
  provider: 'redis_sentinel',
  start: startRedisSentinel,
  config: ({ sentinels, name }, { via, natMap }) => ({
    sentinel: { sentinels: sentinels.map(via), name, natMap },
  }),
  addresses: ({ sentinels, master, replica }) => [...sentinels, master, replica],
}

describe.skipIf(await noServer('redisSentinel'))('redis sentinel', () => {
  testFailures(engine)
})
