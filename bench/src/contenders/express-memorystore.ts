import session from 'express-session'
import memoryStore from 'memorystore'
import type { Contender } from '../contender.ts'
import { onExpressSession } from '../on-express-session.ts'

const MemoryStore = memoryStore(session)

export const contender: Contender = ({ data }) =>
  onExpressSession(new MemoryStore({ checkPeriod: 3_600_000 }), data)
