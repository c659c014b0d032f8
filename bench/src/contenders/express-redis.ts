import { RedisStore } from 'connect-redis'
import { createClient } from 'redis'
import type { Contender } from '../contender.ts'
import { onExpressSession } from '../on-express-session.ts'

export const contender: Contender = async ({ service, prefix, data }) => {
  const client = createClient({ url: service })
  await client.connect()
  return onExpressSession(new RedisStore({ client, prefix: `${prefix}:` }), data)
}
