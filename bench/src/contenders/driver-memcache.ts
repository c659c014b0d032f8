import memjs from 'memjs'
import type { Contender } from '../contender.ts'
import { onDriver } from '../on-driver.ts'

export const contender: Contender = ({ service, prefix, data }) => {
  const client = memjs.Client.create(new URL(service).host)
  const set = (id: string, json: string) => client.set(`${prefix}:${id}`, json, {})
  const get = async (id: string) => String((await client.get(`${prefix}:${id}`)).value)
  return onDriver({ get, set, add: set }, data)
}
