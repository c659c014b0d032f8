// As much of the peers' types as the bench uses: the published ones want Express' request and response.

declare module 'express-session' {
  export interface SessionOptions {
    secret: string
    resave: boolean
    saveUninitialized: boolean
    cookie: { httpOnly: boolean; sameSite: 'lax'; path: string }
    store?: object
  }
  export default function session(
    options: SessionOptions,
  ): (
    req: import('node:http').IncomingMessage,
    res: import('node:http').ServerResponse,
    next: (error?: unknown) => void,
  ) => void
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
