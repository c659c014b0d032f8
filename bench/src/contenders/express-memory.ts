import type { Contender } from '../contender.ts'
import { onExpressSession } from '../on-express-session.ts'

export const contender: Contender = ({ data }) => onExpressSession(undefined, data)
