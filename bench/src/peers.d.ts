// As much of the peers' types as the bench uses: they have none, or such as want Express' request and response, or
// such as give to a framework's request the session that ours gives to it.

declare module 'express-session' {
  export type Store = object
  export interface SessionOptions {
    secret: string
    resave: boolean
    saveUninitialized: boolean
    cookie: { httpOnly: boolean; sameSite: 'lax'; path: string }
    store?: Store
  }
  export default function session(
    options: SessionOptions,
  ): (
    req: import('node:http').IncomingMessage,
    res: import('node:http').ServerResponse,
    next: (error?: unknown) => void,
  ) => void
}

declare module 'memorystore' {
  export default function memoryStore(session: object): new (options: { checkPeriod: number }) => object
}

declare module 'session-file-store' {
  interface FileStoreOptions {
    path: string
    ttl: number
    retries: number
    logFn(message: string): void
  }
  export default function fileStore(session: object): new (options: FileStoreOptions) => object
}

declare module 'connect-redis' {
  interface RedisStoreOptions {
    client: object
    prefix: string
  }
  export const RedisStore: new (options: RedisStoreOptions) => object
}

declare module 'connect-pg-simple' {
  interface PgStoreOptions {
    pool: object
    schemaName: string
    createTableIfMissing: boolean
    pruneSessionInterval: false
  }
  export default function connectPgSimple(session: object): new (options: PgStoreOptions) => object
}

declare module 'express-mysql-session' {
  interface MySQLStoreOptions {
    host: string
    port: number
    user: string
    password: string
    database: string
    clearExpired: boolean
    schema: { tableName: string }
  }
  export default function expressMysqlSession(
    session: object,
  ): new (
    options: MySQLStoreOptions,
  ) => { onReady(): Promise<void> }
}

declare module 'connect-memcached' {
  interface MemcachedStoreOptions {
    hosts: string[]
    prefix: string
  }
  export default function connectMemcached(session: object): new (options: MemcachedStoreOptions) => object
}

declare module 'cookie-session' {
  interface CookieSessionOptions {
    keys: string[]
    httpOnly: boolean
    sameSite: 'lax'
    path: string
  }
  export default function cookieSession(
    options: CookieSessionOptions,
  ): (
    req: import('node:http').IncomingMessage,
    res: import('node:http').ServerResponse,
    next: () => void,
  ) => void
}

declare module '@fastify/session' {
  interface FastifySessionOptions {
    secret: string
    saveUninitialized: boolean
    rolling: boolean
    cookie: { secure: boolean; httpOnly: boolean; sameSite: 'lax'; path: string }
  }
  const session: import('fastify').FastifyPluginCallback<FastifySessionOptions>
  export default session
}

declare module 'koa-session' {
  interface Store {
    get(id: string): Promise<object | undefined>
    set(id: string, value: object): Promise<void>
    destroy(id: string): Promise<void>
  }
  interface SessionOptions {
    store: Store
    httpOnly: boolean
    sameSite: 'lax'
  }
  export default function session(
    options: SessionOptions,
    app: import('koa').default,
  ): import('koa').Middleware
}
