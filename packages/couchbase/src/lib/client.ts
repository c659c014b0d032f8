/*
 * What the engine uses of the SDK, by its structure: a client of any 4.x, or of another copy of the package, fits.
 */

/** A collection of the SDK, e.g. `cluster.bucket('app').scope('web').collection('sessions')`. */
export interface CouchbaseCollection {
  readonly name: string
  readonly scope: CouchbaseScope
  get(key: string, options?: ReadOptions): Promise<{ readonly content: unknown; readonly cas: unknown }>
  insert(key: string, value: unknown, options?: WriteOptions): Promise<{ readonly cas: unknown }>
  replace(key: string, value: unknown, options?: WriteOptions): Promise<{ readonly cas: unknown }>
  remove(key: string, options?: WriteOptions): Promise<unknown>
}

/** A scope of the SDK. */
export interface CouchbaseScope {
  readonly name: string
  readonly bucket: CouchbaseBucket
  collection(name: string): CouchbaseCollection
  query(statement: string, options?: object): PromiseLike<{ readonly rows: readonly unknown[] }>
}

/** A bucket of the SDK, e.g. `cluster.bucket('app')`. */
export interface CouchbaseBucket {
  readonly name: string
  scope(name: string): CouchbaseScope
  defaultCollection(): CouchbaseCollection
}

/** A cluster of the SDK, as its `connect` gives it. */
export interface CouchbaseCluster {
  bucket(name: string): CouchbaseBucket
  close(): Promise<unknown>
}

/** A ready client of the SDK. The engine neither closes it nor changes its settings. */
export type CouchbaseClient = CouchbaseCluster | CouchbaseBucket | CouchbaseCollection

interface ReadOptions {
  readonly transcoder?: Transcoder
  readonly timeout?: number
}

interface WriteOptions extends ReadOptions {
  readonly cas?: never
  readonly expiry?: number
  readonly durabilityLevel?: number
}

/** How values become bytes and flags, and the other way round. */
export interface Transcoder {
  encode(value: never): [Buffer, number]
  decode(bytes: Buffer, flags: number): unknown
}

export function isCollection(value: unknown): value is CouchbaseCollection {
  return hasMethods(value, ['get', 'insert', 'replace', 'remove'])
}

export function isBucket(value: unknown): value is CouchbaseBucket {
  return hasMethods(value, ['scope', 'defaultCollection'])
}

export function isCluster(value: unknown): value is CouchbaseCluster {
  return hasMethods(value, ['bucket', 'close'])
}

function hasMethods(value: unknown, names: readonly string[]): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    names.every(name => typeof (value as Record<string, unknown>)[name] === 'function')
  )
}

/** Whether `error` is of the SDK's class of that name, in whichever copy of the SDK. */
export function isSdkError(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name)
}

/** Whether the SDK gave up waiting for an answer. */
export function isTimeout(error: unknown): boolean {
  return isSdkError(error, 'UnambiguousTimeoutError', 'AmbiguousTimeoutError')
}
