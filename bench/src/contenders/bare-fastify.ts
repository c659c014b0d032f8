import { type Contender, expectedBody, type Route } from '../contender.ts'
import { onFastify } from '../on-fastify.ts'

export const contender: Contender = () => onFastify(path => expectedBody(path.slice(1) as Route, 1))
