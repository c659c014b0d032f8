import connectMemcached from 'connect-memcached'
import session from 'express-session'
import type { Contender } from '../contender.ts'
import { onExpressSession } from '../on-express-session.ts'

const MemcachedStore = connectMemcached(session)

export const contender: Contender = ({ service, prefix, data }) =>
  onExpressSession(new MemcachedStore({ hosts: [new URL(service).host], prefix: `${prefix}:` }), data)
