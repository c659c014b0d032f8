import { noServer, startRedisCluster } from '@sess/testing'
import { Cluster } from 'ioredis'
import { testRedis } from './support/conformance.ts'

const address = ({ host, port }: { host: string; port: number }) => ({ host, port })

testRedis({
  name: 'redis cluster',
  isMissing: await noServer('redisCluster'),
  start: startRedisCluster,
  config: ({ nodes }) => ({ cluster: { nodes: nodes.map(address) } }),
  nodes: ({ nodes }) => nodes,
  client: ({ nodes }) => new Cluster(nodes.map(address)),
})
