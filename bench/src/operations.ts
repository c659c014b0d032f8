import { newManager, type SessionStore } from '@sess/core'
import { BATCH, type Operation } from './micro.ts'
import { freshData } from './session-data.ts'

/** The parts of core that are measured on their own; they are not public. */
interface Internals {
  encodeValue(value: unknown, key: string): string
  decodeValue(text: string, key: string): unknown
  patchRecord(base: undefined, patch: object, now: number): object
  encodeRecord(record: object): Uint8Array
  decodeRecord(bytes: Uint8Array): { entries: { get(key: string): string | undefined } }
  cookieValues(header: string, name: string): string[]
  CookieWriter: new (
    options: object,
  ) => {
    write(name: string, value: string, maxAge: number, isSecure: boolean): string
  }
  SessionIDs: new () => {
    setHashFunc(hashFunc: string, keys: string[]): void
    create(): string
    check(sid: string): number | undefined
    storageID(sid: string): string
  }
}

async function internals(): Promise<Internals> {
  const files = ['codec/values.js', 'codec/record.js', 'patch.js', 'cookie.js', 'session-id.js']
  const core = import.meta.resolve('@sess/core')
  const modules = await Promise.all(files.map(file => import(new URL(`./lib/${file}`, core).href)))
  return Object.assign({}, ...modules) as Internals
}

export async function operations(): Promise<{ list: Operation[]; close(): Promise<void> }> {
  const core = await internals()
  const data = freshData()
  const keys = Object.keys(data) as (keyof typeof data)[]

  const encodeAll = (): Uint8Array => {
    const operations = new Map(
      keys.map(key => [key, { kind: 'set', text: core.encodeValue(data[key], key) }] as const),
    )
    return core.encodeRecord(core.patchRecord(undefined, { cleared: false, operations }, 1_700_000_000_000))
  }
  const record = encodeAll()
  const json = Buffer.from(JSON.stringify(data))

  const ids = new core.SessionIDs()
  ids.setHashFunc('sha1', ['bench-secret'])
  const sid = ids.create()
  const cookieHeader = `theme=dark; _ga=GA1.1.123456789.1700000000; beegosessionID=${sid}; lang=zh-CN`

  const attributes = { path: '/', httpOnly: true, sameSite: 'lax', partitioned: false, secure: 'auto' }
  const cookies = new core.CookieWriter({ name: 'beegosessionID', ...attributes })

  const manager = await newManager<typeof data>('memory', { maxLifetime: 3600 })
  const provider = manager.getProvider()
  const storageIDs = Array.from({ length: BATCH }, () => manager.storageID(ids.create()))
  for (const id of storageIDs) {
    const founder = await provider.sessionRead(id)
    for (const key of keys) founder.set(key, data[key])
    await founder.sessionRelease()
  }
  const load = (i: number) => provider.sessionRead(storageIDs[i] as string)
  const readOne = async (i: number) => {
    const session = await load(i)
    session.get('username')
    return session
  }
  const changeOne = async (i: number) => {
    const session = await load(i)
    session.set('count', (session.get('count') as number) + 1)
    return session
  }
  const prepared = (make: (i: number) => Promise<SessionStore>) => (count: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => make(i)))
  const release = (session: unknown) => (session as SessionStore).sessionRelease()

  const list: Operation[] = [
    { name: 'encode ten keys to bytes', run: encodeAll, note: `${record.length} bytes` },
    {
      name: 'the same with JSON.stringify',
      run: () => Buffer.from(JSON.stringify(data)),
      note: `${json.length} bytes`,
    },
    {
      name: 'decode bytes, read ten keys',
      run: () => {
        const { entries } = core.decodeRecord(record)
        for (const key of keys) core.decodeValue(entries.get(key) as string, key)
        return entries
      },
    },
    { name: 'the same with JSON.parse', run: () => JSON.parse(json.toString()) },
    {
      name: 'decode bytes, read one key',
      run: () => core.decodeValue(core.decodeRecord(record).entries.get('username') as string, 'username'),
    },
    { name: 'decode bytes, read no key', run: () => core.decodeRecord(record) },
    { name: 'make a session id', run: () => ids.create(), note: '32 hex and its tag' },
    { name: "check a session id's tag", run: () => ids.check(sid) },
    { name: 'storage id of a session id', run: () => ids.storageID(sid) },
    { name: 'find the cookie among four', run: () => core.cookieValues(cookieHeader, 'beegosessionID') },
    { name: 'write a cookie', run: () => cookies.write('beegosessionID', sid, 0, false) },
    { name: 'load and read one key', run: () => readOne(0), note: 'memory' },
    { name: 'release unchanged', prepare: prepared(readOne), run: release, note: 'memory' },
    { name: 'release one changed key', prepare: prepared(changeOne), run: release, note: 'memory' },
    {
      name: 'load, change one key, release',
      run: async () => release(await changeOne(0)),
      note: 'memory',
    },
  ]
  return { list, close: () => manager.close() }
}
