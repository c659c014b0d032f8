import { type Contender, expectedBody, type Route } from '../contender.ts'
import { onKoa } from '../on-koa.ts'

export const contender: Contender = () => onKoa(path => expectedBody(path.slice(1) as Route, 1))
