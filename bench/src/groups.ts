import type { Route } from './contender.ts'
import type { ServerKind } from './services.ts'

/** One who takes part: a module in `contenders/`. */
export interface Entry {
  id: string
  label: string
  kind: 'bare' | 'driver' | 'ours' | 'peer'
  /** The module's name, if not the id. */
  module?: string
  lazy?: boolean
  /** If not all. */
  routes?: readonly Route[]
  /** The largest session that fits, in bytes as JSON. */
  maxSize?: number
  /** Of a driver or peer: the one of ours that it is compared with, if not the group's first. */
  rival?: string
}

/** Those who are compared with each other. */
export interface Group {
  id: string
  title: string
  server?: ServerKind
  entries: readonly Entry[]
}

const touching: readonly Route[] = ['read', 'change', 'login']

const bare: Entry = { id: 'bare', label: 'node:http, no session', kind: 'bare' }

function driver(id: string, label: string): Entry {
  return { id, label, kind: 'driver', routes: touching }
}

function ours(id: string, label: string): Entry {
  return { id, label, kind: 'ours' }
}

/** Lazy mode makes a difference where the handler leaves the session alone. */
function lazily({ id, label }: Entry): Entry {
  return {
    id: `${id}-lazy`,
    label: `${label}, lazy`,
    kind: 'ours',
    module: id,
    lazy: true,
    routes: ['untouched'],
  }
}

function peer(id: string, label: string): Entry {
  return { id, label, kind: 'peer' }
}

function onServer(id: string, title: string, server: ServerKind, driverName: string, rival: Entry): Group {
  const own = ours(`sess-${id}`, `@sess/${id}`)
  return { id, title, server, entries: [bare, driver(`driver-${id}`, driverName), own, lazily(own), rival] }
}

function inFramework(id: string, title: string, rival: Entry): Group {
  const none: Entry = { id: `bare-${id}`, label: `${title}, no session`, kind: 'bare' }
  return { id, title, entries: [none, ours(`sess-${id}`, `@sess/${id}, memory`), rival] }
}

const memory = ours('sess-memory', '@sess/core memory')
const file = ours('sess-file', '@sess/file')
const cookie: Entry = { ...ours('sess-cookie', '@sess/cookie'), maxSize: 4096 }

export const groups: readonly Group[] = [
  {
    id: 'memory',
    title: 'Memory',
    entries: [
      bare,
      memory,
      lazily(memory),
      peer('express-memory', 'express-session, MemoryStore'),
      peer('express-memorystore', 'express-session, memorystore'),
    ],
  },
  {
    id: 'cookie',
    title: 'Cookie',
    entries: [
      bare,
      { ...driver('driver-cookie', 'AES-256-GCM of node:crypto'), maxSize: 2048 },
      cookie,
      lazily(cookie),
      { ...peer('iron-session', 'iron-session'), maxSize: 300 },
      { ...peer('cookie-session', 'cookie-session'), maxSize: 300 },
    ],
  },
  onServer('redis', 'Redis', 'redis', 'ioredis', peer('express-redis', 'express-session, connect-redis')),
  onServer(
    'postgres',
    'PostgreSQL',
    'postgres',
    'pg',
    peer('express-postgres', 'express-session, connect-pg-simple'),
  ),
  onServer(
    'mysql',
    'MySQL',
    'mysql',
    'mysql2',
    peer('express-mysql', 'express-session, express-mysql-session'),
  ),
  onServer(
    'memcache',
    'Memcached',
    'memcached',
    'memjs',
    peer('express-memcached', 'express-session, connect-memcached'),
  ),
  {
    id: 'file',
    title: 'Files',
    entries: [
      bare,
      driver('driver-file', 'files'),
      file,
      lazily(file),
      peer('express-file-no-sync', 'express-session, session-file-store, no fsync'),
      { ...driver('driver-file-sync', 'files, fsync'), rival: 'sess-file-sync' },
      ours('sess-file-sync', '@sess/file, sync'),
      { ...peer('express-file', 'express-session, session-file-store'), rival: 'sess-file-sync' },
    ],
  },
  inFramework('fastify', 'Fastify', peer('fastify-session', '@fastify/session')),
  inFramework('koa', 'Koa', peer('koa-session', 'koa-session')),
  inFramework('hono', 'Hono', peer('hono-session', '@hono/session')),
]
