import session from 'express-session'
import fileStore from 'session-file-store'
import type { Contender } from '../contender.ts'
import { expressSession } from './express-session.ts'

const FileStore = fileStore(session)

export const contender: Contender = {
  createHandler: path => expressSession(new FileStore({ path, ttl: 3600, retries: 0, logFn: () => {} })),
}
