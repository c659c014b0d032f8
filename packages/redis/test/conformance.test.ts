import { noServer, startRedis } from '@sess/testing'
import { Redis } from 'ioredis'
import { testRedis } from './support/conformance.ts'

testRedis({
  name: 'redis',
  isMissing: await noServer('redis'),
  start: () => startRedis(),
  config: ({ url }) => ({ url }),
  client: ({ url }) => new Redis(url),
})
