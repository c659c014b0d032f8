import { Redis } from 'ioredis'
import type { Contender } from '../contender.ts'
import { onDriver } from '../on-driver.ts'

export const contender: Contender = ({ service, prefix, data }) => {
  const redis = new Redis(service)
  const set = (id: string, json: string) => redis.set(`${prefix}:${id}`, json)
  return onDriver({ get: async id => (await redis.get(`${prefix}:${id}`)) ?? '', set, add: set }, data)
}
