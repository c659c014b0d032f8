import type { Contender } from '../contender.ts'
import { expressSession } from './express-session.ts'

export const contender: Contender = { createHandler: () => expressSession(undefined) }
