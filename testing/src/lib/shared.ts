import type { Server } from './daemon.ts'
import type { Kind, SentinelService, Service, SqlService } from './environment.ts'
import { startMariaDB } from './mariadb.ts'
import { startMemcached } from './memcached.ts'
import { startPostgres } from './postgres.ts'
import { startRedis } from './redis.ts'
import { startRedisCluster } from './redis-cluster.ts'
import { startRedisSentinel } from './redis-sentinel.ts'
import type { Address } from './tcp.ts'

/** What each kind of shared server is. */
export interface Services {
  redis: Service
  redisCluster: Service
  redisSentinel: SentinelService
  mysql: SqlService
  postgres: SqlService
  memcached: Service
}

const starters: Record<Kind, () => Promise<Server>> = {
  redis: startRedis,
  redisCluster: startRedisCluster,
  redisSentinel: startRedisSentinel,
  mysql: startMariaDB,
  postgres: startPostgres,
  memcached: startMemcached,
}

export function isKind(name: string): name is Kind {
  return Object.hasOwn(starters, name)
}

/** Servers that are started when somebody asks for them, once. */
export class SharedServers {
  readonly #servers = new Map<Kind, Promise<Server>>()

  async get(kind: Kind): Promise<Service> {
    const server = this.#servers.get(kind) ?? starters[kind]()
    this.#servers.set(kind, server)
    return serviceOf(await server)
  }

  async close(): Promise<void> {
    const servers = await Promise.allSettled(this.#servers.values())
    await Promise.all(servers.map(result => result.status === 'fulfilled' && result.value.close()))
  }
}

/** Its plain facts, without what would end it. */
function serviceOf(server: Server): Service {
  const facts = Object.entries(server).filter(([, value]) => /^(string|number)$/.test(typeof value))
  const { nodes, sentinels } = server as { nodes?: readonly Address[]; sentinels?: readonly Address[] }
  const addresses = (nodes ?? sentinels ?? [server]).map(({ host, port }) => ({ host, port }))
  return { ...(Object.fromEntries(facts) as unknown as Service), ...addresses[0], addresses }
}
