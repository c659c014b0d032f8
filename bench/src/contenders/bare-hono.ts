import { type Contender, expectedBody, type Route } from '../contender.ts'
import { onHono } from '../on-hono.ts'

export const contender: Contender = () => onHono(path => expectedBody(path.slice(1) as Route, 1))
