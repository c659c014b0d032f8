import { readNumber } from '@sess/core/engine'
import { readAddress } from './address.ts'
import { isUrl, parseUrls } from './config-url.ts'
import type { RedisConfig, RedisEngineName } from './redis-config.ts'
import { wrong } from './wrong.ts'

/** The fields of beego's config strings, as they are called in one: by their order, or in JSON. */
interface Field {
  readonly name: string
  readonly json: string
  readonly kind: 'text' | 'number' | 'duration'
}

const address: Field = { name: 'addr', json: 'save_path', kind: 'text' }
const master: Field = { name: 'masterName', json: 'master_name', kind: 'text' }
const start: readonly Field[] = [
  address,
  { name: 'poolsize', json: 'poolsize', kind: 'number' },
  { name: 'password', json: 'password', kind: 'text' },
  { name: 'dbnum', json: 'db_num', kind: 'number' },
]
const end: readonly Field[] = [
  { name: 'idleTimeout', json: 'idle_timeout', kind: 'duration' },
  { name: 'idleCheck', json: 'idle_check_frequency', kind: 'duration' },
  { name: 'maxRetries', json: 'max_retries', kind: 'number' },
]
const fields: Record<RedisEngineName, readonly Field[]> = {
  redis: [...start, ...end],
  redis_cluster: [...start, ...end],
  redis_sentinel: [...start, master, ...end],
}

const examples: Record<RedisEngineName, string> = {
  redis: `'127.0.0.1:6379,100,password,0'`,
  redis_cluster: `'127.0.0.1:6379;127.0.0.1:6380,100,password'`,
  redis_sentinel: `'127.0.0.1:26379;127.0.0.2:26379,100,password,0,mymaster'`,
}

const jsonExample = `{ "save_path": "127.0.0.1:6379", "poolsize": 100, "password": "", "db_num": 0 }`

/**
 * What a config string says: a URL, beego's fields with commas between them, or beego's JSON.
 *
 * @throws ERR_CONFIG, which names the field and never shows a value: it may be a password in the wrong place
 */
export function parseString(text: string, name: RedisEngineName): RedisConfig {
  const trimmed = text.trim()
  if (isUrl(trimmed)) return parseUrls(trimmed, name)
  return fromFields(trimmed.startsWith('{') ? parseJson(trimmed, name) : splitFields(text, name), name)
}

/** Values by the name of their field; empty ones are left out. */
type Values = Map<string, string>

function splitFields(text: string, name: RedisEngineName): Values {
  const parts = text.split(',')
  const known = fields[name]
  if (parts.length > known.length)
    throw wrong(
      `has ${parts.length} fields, and '${name}' takes at most ${known.length}: ${known.map(field => field.name).join()}. A password with a comma goes into an object, e.g. { host: '127.0.0.1', password: 'a,b' }`,
    )
  const values: Values = new Map()
  known.forEach((field, i) => {
    const part = parts[i] ?? ''
    const value = field.name === 'password' ? part : part.trim()
    if (value === '') return
    const number = field.kind === 'number' ? /^\d{1,9}$/ : /^\d{1,9}(\.\d+)?$/
    if (field.kind !== 'text' && !number.test(value))
      throw wrong(
        `: '${field.name}', field ${i + 1}, must be ${field.kind === 'number' ? 'a number' : 'seconds'}, e.g. ${examples[name]}. A password with a comma goes into an object, e.g. { host: '127.0.0.1', password: 'a,b' }`,
      )
    values.set(field.name, value)
  })
  return values
}

function parseJson(text: string, name: RedisEngineName): Values {
  let object: Record<string, unknown>
  try {
    object = JSON.parse(text)
  } catch {
    throw wrong(`looks like JSON and is not: write e.g. '${jsonExample}'`)
  }
  const values: Values = new Map()
  for (const [key, value] of Object.entries(object)) {
    const field = fields[name].find(({ json }) => json === key.toLowerCase())
    if (!field)
      throw wrong(
        `has an unknown field; its fields are ${fields[name].map(({ json }) => json).join(', ')}, e.g. '${jsonExample}'`,
      )
    if (value === '' || value === null) continue
    if (!isJsonValue(value, field.kind)) {
      const what = { text: 'a string', number: 'a number', duration: 'a duration such as "30s"' }[field.kind]
      throw wrong(`: '${field.json}' must be ${what}; write e.g. '${jsonExample}'`)
    }
    values.set(field.name, String(value))
  }
  return values
}

function isJsonValue(value: unknown, kind: Field['kind']): boolean {
  if (kind === 'number') return Number.isInteger(readNumber(value)) && Number(value) >= 0
  if (typeof value !== 'string') return false
  return kind === 'text' || /^(0|(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+)$/.test(value)
}

function fromFields(values: Values, name: RedisEngineName): RedisConfig {
  const db = Number(values.get('dbnum') ?? 0)
  const password = values.get('password')
  const options = {
    ...(password === undefined ? {} : { password }),
    ...(db === 0 ? {} : { db }),
  }
  const list = values.get('addr') ?? ''
  if (name === 'redis') {
    if (list.includes(';'))
      throw wrong(`names several servers: those of a cluster are for newManager('redis_cluster', …)`)
    if (/^\/(?!\/)/.test(list)) return { ...options, path: readPath(list) }
    return { ...options, ...(list === '' ? {} : readAddress(list, 6379, address.name)) }
  }
  const port = name === 'redis_cluster' ? 6379 : 26_379
  const parts = list.split(';').filter(part => part.trim() !== '')
  if (parts.length === 0) throw wrong(`: '${address.name}' is missing; write e.g. ${examples[name]}`)
  const addresses = parts.map(part => readAddress(part, port, address.name))
  if (name === 'redis_cluster') return { ...options, cluster: { nodes: addresses } }
  const masterName = values.get(master.name)
  return {
    ...options,
    sentinel: { sentinels: addresses, ...(masterName === undefined ? {} : { name: masterName }) },
  }
}

/** What begins with a slash too many may be a URL or an address with a password, whose end is another field. */
function readPath(text: string): string {
  if (/[:@]/.test(text))
    throw wrong(
      `: '${address.name}' is not the path of a socket: it has a ':' or an '@'. Leave out the '/' before an address; a path that has one of them goes into an object, e.g. { path: '/run/redis@a.sock' }`,
    )
  return text
}
