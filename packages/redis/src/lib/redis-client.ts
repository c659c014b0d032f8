/**
 * What the engine needs of a client: a `Redis` or a `Cluster` of ioredis. Described by its shape, so that it may
 * be of another version of ioredis than the one this package brings.
 */
export interface RedisClient extends ScannedNode {
  readonly status: string
  readonly isCluster: boolean
  connect(): Promise<void>
  getBuffer(key: string): Promise<Buffer | null>
  getrangeBuffer(key: string, start: number, end: number): Promise<Buffer>
  set(key: string, value: Buffer, px: 'PX', milliseconds: number, nx: 'NX'): Promise<'OK' | null>
  unlink(...keys: string[]): Promise<number>
  evalsha(sha: string, numberOfKeys: number, ...args: (string | Buffer | number)[]): Promise<unknown>
  eval(script: string, numberOfKeys: number, ...args: (string | Buffer | number)[]): Promise<unknown>
  /** The nodes of a cluster. */
  nodes?(role: 'master'): ScannedNode[]
  refreshSlotsCache?(done: (error?: Error | null) => void): void
  on(event: string, listener: () => void): unknown
  off(event: string, listener: () => void): unknown
}

/** A single server, or a node of a cluster. */
export interface ScannedNode {
  readonly options: object
  call(command: string, ...args: string[]): Promise<unknown>
  scanBuffer(
    cursor: string,
    match: 'MATCH',
    pattern: string,
    count: 'COUNT',
    keys: number,
    type: 'TYPE',
    kind: 'string',
  ): Promise<[cursor: Buffer, keys: Buffer[]]>
}

/** Whether `value` is a client of ioredis. */
export function isRedisClient(value: unknown): value is RedisClient {
  const methods = ['getBuffer', 'getrangeBuffer', 'evalsha', 'eval', 'call', 'unlink', 'connect', 'on', 'off']
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as RedisClient).status === 'string' &&
    methods.every(method => typeof (value as Record<string, unknown>)[method] === 'function')
  )
}
