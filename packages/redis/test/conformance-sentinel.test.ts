import { noServer, startRedisSentinel } from '@sess/testing'
import { Redis } from 'ioredis'
import { testRedis } from './support/conformance.ts'

const address = ({ host, port }: { host: string; port: number }) => ({ host, port })

testRedis({
  name: 'redis sentinel',
  isMissing: await noServer('redisSentinel'),
  start: startRedisSentinel,
  config: ({ sentinels, name }) => ({ sentinel: { sentinels: sentinels.map(address), name } }),
  client: ({ sentinels, name }) => new Redis({ sentinels: sentinels.map(address), name }),
})
