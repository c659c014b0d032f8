import { noServer, startMariaDB, startMemcached, startPostgres, startRedis } from '@sess/testing'
import { Redis } from 'ioredis'
import memjs from 'memjs'
import mysql, { type RowDataPacket } from 'mysql2/promise'
import pg from 'pg'

export type ServerKind = 'redis' | 'postgres' | 'mysql' | 'memcached'

export interface Service {
  url: string
  /** What it is and which version. */
  version: string
  close(): Promise<void>
}

/** Starts a server on a port and in a directory of its own; `undefined` if there is none to start. */
export async function startService(kind: ServerKind): Promise<Service | undefined> {
  if (await noServer(kind)) return undefined
  const server = await start[kind]()
  try {
    return { url: server.url, version: await version[kind](server.url), close: () => server.close() }
  } catch (error) {
    await server.close()
    throw error
  }
}

const start = {
  // Nothing else either waits for the disk.
  redis: () => startRedis({ args: ['--appendonly', 'no'] }),
  postgres: () => startPostgres(),
  mysql: () => startMariaDB(),
  // Room for all visitors who log in.
  memcached: () => startMemcached({ args: ['-m', '1024'] }),
}

const version = {
  redis: async (url: string) => {
    const redis = new Redis(url)
    const info = await redis.info('server')
    await redis.quit()
    return `Redis ${/redis_version:(\S+)/.exec(info)?.[1]}`
  },
  postgres: async (url: string) => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version')
    await client.end()
    return `PostgreSQL ${rows[0]?.server_version.split(' ')[0]}`
  },
  mysql: async (url: string) => {
    const connection = await mysql.createConnection(url)
    const [rows] = await connection.query<RowDataPacket[]>('SELECT VERSION() AS version')
    await connection.end()
    const [, number, fork = 'MySQL'] = /^([\d.]+)(?:-(MariaDB))?/.exec(rows[0]?.version) ?? []
    return `${fork} ${number}`
  },
  memcached: async (url: string) => {
    const client = memjs.Client.create(new URL(url).host)
    const stats = await new Promise<Record<string, string> | null>((resolve, reject) => {
      client.stats((error, _server, values) => (error ? reject(error) : resolve(values)))
    })
    client.close()
    return `memcached ${stats?.version}`
  },
}
