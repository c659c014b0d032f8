import cookie from '@fastify/cookie'
import session from '@fastify/session'
import { type Contender, onObject } from '../contender.ts'
import { onFastify } from '../on-fastify.ts'
import type { BenchData } from '../session-data.ts'

const options = {
  secret: 'a bench secret of more than 32 bytes',
  saveUninitialized: false,
  rolling: false,
  cookie: { secure: false, httpOnly: true, sameSite: 'lax', path: '/' },
} as const

export const contender: Contender = ({ data }) =>
  onFastify(
    (path, { session }) => onObject(path, () => session as unknown as BenchData, data),
    app => app.register(cookie).register(session, options),
  )
