import { isHost, readNumber } from '@sess/core/engine'
import type { RedisAddress } from './redis-config.ts'
import { wrong } from './wrong.ts'

export interface HostAndPort {
  readonly host: string
  readonly port: number
}

/** `'host:port'`, `'host'`, `':port'`, an IPv6 host in brackets, or an object. `field` names it in errors. */
export function readAddress(address: unknown, defaultPort: number, field: string): HostAndPort {
  if (typeof address === 'object' && address !== null) {
    const { host, port = defaultPort } = address as Exclude<RedisAddress, string>
    const number = readNumber(port)
    if (isHost(host) && isPort(number)) return { host, port: number }
  }
  if (typeof address === 'string') {
    const [, brackets, name, port] = /^(?:\[([^\]]+)\]|([^:[\]\s/@]*))(?::(\d+))?$/.exec(address.trim()) ?? []
    const host = brackets ?? name
    const number = port === undefined ? defaultPort : Number(port)
    if (host === '' && port !== undefined && isPort(number)) return { host: '127.0.0.1', port: number }
    if (isHost(host) && isPort(number)) return { host, port: number }
  }
  throw wrong(`: '${field}' must be host:port, e.g. '127.0.0.1:${defaultPort}'`)
}

export function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) < 65_536
}

export function formatAddress({ host, port }: HostAndPort): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
