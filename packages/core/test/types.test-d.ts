/*
 * What compiles and what does not: run by `tsc -p tsconfig.test.json`, where an error that does not come is an
 * error too. Nothing here is ever called.
 */
import {
  type EngineType,
  lazyManager,
  type Manager,
  memory,
  newManager,
  type Provider,
  type RequestSession,
  registerType,
  type Session,
  type SessionData,
} from '@sess/core'
import { fromRecordStore, MemoryStore, type RecordStore } from '@sess/core/engine'

declare module '@sess/core' {
  interface ProviderConfigs {
    'types-test': string | { directory: string; depth?: number }
  }
}

interface User {
  username: string
  visits: number
  cart: { sku: string }[]
  remembered?: boolean
}

/** Compiles only if both types are one. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(_: Same<A, B>): void {}

export async function sessions(req: Request, headers: Headers): Promise<void> {
  const manager = await newManager<User>('memory')
  same<typeof manager, Manager<User>>(true)
  const sess = await manager.sessionStart(req, headers)
  same<typeof sess, Session<User>>(true)

  const username = sess.get('username')
  same<typeof username, string | undefined>(true)
  const cart = sess.get('cart')
  same<typeof cart, { sku: string }[] | undefined>(true)
  const remembered = sess.get('remembered')
  same<typeof remembered, boolean | undefined>(true)
  const visits = sess.update('visits', (n = 0) => n + 1)
  same<typeof visits, number>(true)
  const keys = sess.keys()
  same<typeof keys, (keyof User)[]>(true)
  sess.set('username', 'astaxie')
  sess.delete('cart')
  sess.has('visits')

  // @ts-expect-error a misspelt key
  sess.get('usrname')
  // @ts-expect-error a misspelt key
  sess.set('usrname', 'astaxie')
  // @ts-expect-error a misspelt key
  sess.delete('usrname')
  // @ts-expect-error a misspelt key
  sess.has('usrname')
  // @ts-expect-error a misspelt key
  sess.update('vists', () => 1)
  // @ts-expect-error a value of another type
  sess.set('username', 5)
  // @ts-expect-error a value of another type
  sess.update('visits', () => 'one')
  // @ts-expect-error an updater must be synchronous
  sess.update('visits', async () => 1)
  // @ts-expect-error an updater is told undefined when the key is not there
  sess.update('visits', (n: number) => n + 1)
  // @ts-expect-error a key that is no string
  sess.get(5)

  await manager.handle(req, session => {
    same<typeof session, RequestSession<User>>(true)
    return new Response(session.get('username'))
  })
  // @ts-expect-error a handler answers
  await manager.handle(req, () => {})
}

export async function untyped(req: Request, headers: Headers): Promise<void> {
  const manager = await newManager('memory')
  same<typeof manager, Manager<SessionData>>(true)
  const sess = await manager.sessionStart(req, headers)
  const value = sess.get('anything')
  same<typeof value, unknown>(true)
  sess.set('anything', { at: all() })
  // @ts-expect-error nothing is known of it
  value.length

  manager.on('dropped', ({ id, reason }) => {
    same<typeof id, string>(true)
    same<typeof reason, 'gone' | 'retired'>(true)
  })
  // @ts-expect-error no such event
  manager.on('droped', () => {})
}

export async function configs(): Promise<void> {
  // The memory engine.
  await newManager('memory', { providerConfig: '' })
  await newManager('memory', { providerConfig: { maxSessions: 1 } })
  await newManager<User>('memory', { providerConfig: { maxSessions: 1 } })
  // @ts-expect-error a misspelt option of the engine
  await newManager('memory', { providerConfig: { maxSesions: 1 } })
  // @ts-expect-error a misspelt option of the engine
  await newManager<User>('memory', { providerConfig: { maxSesions: 1 } })
  await newManager('memory', { providerConfig: { maxSessions: '1' } })
  // @ts-expect-error an option of the wrong type
  await newManager('memory', { providerConfig: { maxSessions: true } })

  // One that a package has declared.
  await newManager('types-test', { providerConfig: './tmp' })
  await newManager('types-test', { providerConfig: { directory: './tmp' } })
  await newManager<User>('types-test', { providerConfig: { directory: './tmp', depth: 2 } })
  await newManager<User, 'types-test'>('types-test', { providerConfig: './tmp' })
  // @ts-expect-error a misspelt option of the engine
  await newManager('types-test', { providerConfig: { dir: './tmp' } })
  // @ts-expect-error a misspelt option of the engine
  await newManager<User>('types-test', { providerConfig: { dir: './tmp' } })
  // @ts-expect-error no config of this engine
  await newManager('types-test', { providerConfig: 5 })

  // One that nobody has declared, and one from the environment.
  await newManager('types-test-own', { providerConfig: { anything: [1] } })
  const own = await newManager<User, 'types-test-own'>('types-test-own', {
    providerConfig: { anything: [1] },
  })
  same<typeof own, Manager<User>>(true)
  await newManager(process.env.SESSION_PROVIDER ?? 'memory')
  await newManager(process.env.SESSION_PROVIDER ?? 'memory', { maxLifetime: 60 })
  const fromEnvironment = await newManager<User>(process.env.SESSION_PROVIDER ?? 'memory', {
    providerConfig: process.env.SESSION_PROVIDER_CONFIG ?? '',
  })
  same<typeof fromEnvironment, Manager<User>>(true)
}

export async function options(): Promise<void> {
  await newManager<User>('memory', {
    cookieName: 'gosessionid',
    maxLifetime: 3600,
    secure: 'auto',
    hashFunc: data => Buffer.from(data),
    hashKey: ['new', 'old'],
    sameSite: 'strict',
    clock: Date,
    onSaveError: (error, _req, res) => void res.end(String(error)),
  })
  // @ts-expect-error an unknown option
  await newManager('memory', { cookiename: 'gosessionid' })
  // @ts-expect-error an unknown option
  await newManager<User>('memory', { cookiename: 'gosessionid' })
  // @ts-expect-error a number of seconds
  await newManager('memory', { maxLifetime: '3600' })
  // @ts-expect-error none of the three
  await newManager('memory', { sameSite: 'Lax' })

  // The eight arguments of the original.
  await newManager('memory', 'gosessionid', 3600, '', false, 'sha1', 'sessionidkey', 3600)
  await newManager<User>('memory', 'gosessionid', 3600)
  // @ts-expect-error a number of seconds
  await newManager('memory', 'gosessionid', '3600')
  // @ts-expect-error there are eight
  await newManager('memory', 'gosessionid', 3600, '', false, 'sha1', 'sessionidkey', 3600, 9)
}

export async function engines(provider: Provider): Promise<void> {
  const overStore = await newManager<User>(fromRecordStore(new MemoryStore({ clock: Date })))
  same<typeof overStore, Manager<User>>(true)
  await newManager(provider, { maxLifetime: 60 })
  // @ts-expect-error no engine
  await newManager(new MemoryStore({ clock: Date }))
  // @ts-expect-error no engine
  await newManager({ sessionRead() {} })

  const store: RecordStore = new MemoryStore({ clock: Date, maxSessions: 5 })
  // @ts-expect-error data is bytes
  await store.create('id', 'text', 0)
}

declare const typesTest: EngineType<'types-test'>
declare const typesTestOwn: EngineType<'types-test-own'>

export async function values(): Promise<void> {
  const untyped = await newManager(memory)
  same<typeof untyped, Manager<SessionData>>(true)
  const typed = await newManager<User>(memory, { providerConfig: { maxSessions: 1 }, maxLifetime: 60 })
  same<typeof typed, Manager<User>>(true)
  await newManager(typesTest, { providerConfig: { directory: './tmp' } })
  await newManager<User>(typesTest, { providerConfig: './tmp' })
  await newManager<User, 'types-test'>(typesTest, { providerConfig: './tmp' })
  await newManager(typesTestOwn, { providerConfig: { anything: [1] } })
  // The eight arguments of beego.
  await newManager<User>(memory, 'gosessionid', 3600)
  // @ts-expect-error a misspelt option of the engine
  await newManager(memory, { providerConfig: { maxSesions: 1 } })
  // @ts-expect-error a misspelt option of the engine
  await newManager<User>(memory, { providerConfig: { maxSesions: 1 } })
  // @ts-expect-error the config of another engine
  await newManager(typesTest, { providerConfig: { maxSessions: 1 } })
  // @ts-expect-error the config of another engine
  await newManager<User>(typesTest, { providerConfig: { maxSessions: 1 } })
  // @ts-expect-error an unknown option
  await newManager(memory, { cookiename: 'gosessionid' })
  // @ts-expect-error no name, so no type of engine
  await newManager({ open: memory.open })
}

export async function environment(): Promise<void> {
  // What the environment may not have is as good as left out, with exactOptionalPropertyTypes too.
  await newManager('types-test', {
    hashKey: process.env.SESSION_KEY,
    providerConfig: process.env.SESSION_PROVIDER_CONFIG,
  })
}

export function lazyManagers(provider: Provider): void {
  const untyped = lazyManager('memory')
  same<typeof untyped, Manager<SessionData>>(true)
  const typed = lazyManager<User>(memory, { providerConfig: { maxSessions: 1 }, name: 'admin' })
  same<typeof typed, Manager<User>>(true)
  const named = lazyManager<User>('types-test', { providerConfig: './tmp', name: 'admin' })
  same<typeof named, Manager<User>>(true)
  const own = lazyManager<User, 'types-test-own'>('types-test-own', { providerConfig: { anything: [1] } })
  same<typeof own, Manager<User>>(true)
  const over = lazyManager<User>(provider, { maxLifetime: 60 })
  same<typeof over, Manager<User>>(true)
  const environment = lazyManager<User>(process.env.SESSION_PROVIDER ?? 'memory', {
    providerConfig: process.env.SESSION_PROVIDER_CONFIG ?? '',
  })
  same<typeof environment, Manager<User>>(true)
  // @ts-expect-error a misspelt option of the engine
  lazyManager(memory, { providerConfig: { maxSesions: 1 } })
  // @ts-expect-error a misspelt option of the engine
  lazyManager<User>('types-test', { providerConfig: { dir: './tmp' } })
  // @ts-expect-error a name is text
  lazyManager('memory', { name: 5 })
  // @ts-expect-error only a manager that is shared has a name
  void newManager('memory', { name: 'admin' })
}

class Money {
  readonly cents: bigint
  constructor(cents: bigint) {
    this.cents = cents
  }
}

export function types(): void {
  registerType('Money', Money)
  registerType('Money', Money, { encode: money => money.cents, decode: (cents: bigint) => new Money(cents) })
  // @ts-expect-error the codec gives another class
  registerType('Money', Money, { encode: money => money.cents, decode: () => new Date() })
  // @ts-expect-error half a codec
  registerType('Money', Money, { encode: money => money.cents })
  // @ts-expect-error no class
  registerType('Money', new Money(1n))
}

declare function all(): unknown
