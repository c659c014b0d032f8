import { noServer, type RedisCluster, startRedisCluster } from '@sess/testing'
import { type ScenarioEngine, testFailures, testSharing } from '@sess/testing/scenarios'
import { describe } from 'vitest'

const engine: ScenarioEngine<RedisCluster> = {
  title: 'redis cluster',
  module: new URL('../dist/index.js', import.meta.url).href,
  provider: 'redis_cluster',
  start: startRedisCluster,
  config: ({ nodes }, { via, natMap }) => ({ cluster: { nodes: nodes.map(via), natMap } }),
  addresses: ({ nodes }) => nodes,
}

describe.skipIf(await noServer('redisCluster'))('redis cluster', () => {
  testSharing(engine)
  testFailures(engine)
})
