import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import '@sess/file'
import '@sess/redis'
import { fromRecordStore, MemoryStore, type RecordStore } from '@sess/core/engine'
import { type SessStore, type StoreOptions, sessStore } from '@sess/express-session'
import { noService, service } from '@sess/testing'
import { Redis } from 'ioredis'
import { onTestFinished } from 'vitest'

/** One backend, on which any number of servers open their stores. */
interface StoreBackend {
  open(options?: Omit<StoreOptions, 'providerConfig'>): Promise<SessStore>
  /** The names under which sessions are kept. */
  names(): Promise<string[]>
}

export interface Engine {
  readonly name: string
  readonly isMissing: boolean
  backend(): Promise<StoreBackend>
}

/** Closes the stores when the test is over. */
function closing(open: StoreBackend['open']): StoreBackend['open'] {
  return async options => {
    const store = await open(options)
    onTestFinished(() => store.close())
    return store
  }
}

export const engines: readonly Engine[] = [
  {
    name: 'memory',
    isMissing: false,
    backend: async () => {
      let names = new Set<string>()
      let records: RecordStore | undefined
      return {
        open: closing(async options => {
          records ??= new MemoryStore({ clock: options?.clock ?? Date })
          const { create } = records
          records.create = (...args) => {
            names = names.add(args[0])
            return create.apply(records as RecordStore, args)
          }
          return sessStore(fromRecordStore(records), options)
        }),
        names: async () => [...names],
      }
    },
  },
  {
    name: 'file',
    isMissing: false,
    backend: async () => {
      const directory = await mkdtemp(join(tmpdir(), 'sess-'))
      onTestFinished(() => rm(directory, { recursive: true, force: true }))
      return {
        open: closing(async options => sessStore('file', { ...options, providerConfig: directory })),
        names: () => readdir(directory, { recursive: true }),
      }
    },
  },
  {
    name: 'redis',
    isMissing: await noService('redis'),
    backend: async () => {
      const { url } = await service.redis()
      const prefix = `${randomBytes(6).toString('hex')}:`
      return {
        open: closing(async options => sessStore('redis', { ...options, providerConfig: { url, prefix } })),
        names: async () => {
          const client = new Redis(url)
          onTestFinished(() => client.disconnect())
          return client.keys(`${prefix}*`)
        },
      }
    },
  },
]

/** A memory store that counts what it is asked for, and fails where it is told to. */
export function observed(records: RecordStore): {
  records: RecordStore
  calls: string[]
  fails: Set<string>
} {
  const calls: string[] = []
  const fails = new Set<string>()
  const proxy = new Proxy(records, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        calls.push(String(name))
        if (fails.has(String(name))) throw new Error('the backend is down')
        return Reflect.apply(value, target, args)
      }
    },
  })
  return { records: proxy, calls, fails }
}

/** The methods of a store with promises in place of callbacks. */
export function promises(store: SessStore) {
  const call = <T>(run: (callback: (error: unknown, value?: T) => void) => void) =>
    new Promise<T | undefined>((resolve, reject) => {
      run((error, value) => (error ? reject(error) : resolve(value)))
    })
  return {
    get: (sid: string) => call<object | null>(callback => store.get(sid, callback)),
    set: (sid: string, session: object) => call(callback => store.set(sid, session as never, callback)),
    touch: (sid: string, session: object) => call(callback => store.touch(sid, session as never, callback)),
    destroy: (sid: string) => call(callback => store.destroy(sid, callback)),
    length: () => call<number>(callback => store.length(callback)),
    all: () => call<unknown>(callback => store.all(callback)),
    clear: () => call(callback => store.clear(callback)),
  }
}
