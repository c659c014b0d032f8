import { describe, expect, test } from 'vitest'
import { fromRecordStore } from '../src/lib/engine.ts'
import { MemoryStore } from '../src/lib/memory-store.ts'
import { type EngineFactory, register, registeredEngine } from '../src/lib/registry.ts'

const factory = (): EngineFactory => context => fromRecordStore(new MemoryStore(context))

let count = 0
function freshName(): string {
  return `registry.test/${++count}`
}

const duplicate = (by: string) =>
  expect.objectContaining({ code: 'ERR_DUPLICATE', message: expect.stringContaining(by) })

describe('register', () => {
  test('makes a factory known under its name', () => {
    const [name, own] = [freshName(), factory()]
    register(name, own)
    expect(registeredEngine(name).open).toBe(own)
  })

  test('takes the same factory again', () => {
    const [name, own] = [freshName(), factory()]
    register(name, own)
    register(name, own)
    register(name, own, 'some-package')
    expect(registeredEngine(name).open).toBe(own)
  })

  test('takes another factory of the same package again, and keeps the first', () => {
    const [name, first] = [freshName(), factory()]
    register(name, first, 'pkg')
    register(name, factory(), 'pkg')
    expect(registeredEngine(name).open).toBe(first)
  })

  test('refuses another package’s factory, and says whose the name is', () => {
    const [name, first] = [freshName(), factory()]
    register(name, first, 'pkg')
    expect(() => register(name, factory(), 'other')).toThrow(
      duplicate(`'${name}' is registered already, by pkg`),
    )
    expect(() => register(name, factory())).toThrow(duplicate('by pkg'))
    expect(registeredEngine(name).open).toBe(first)
  })

  test('takes an engine as a value', () => {
    const name = freshName()
    const engine = { name, open: factory() }
    register(name, engine, 'pkg')
    register(name, engine)
    expect(registeredEngine(name)).toBe(engine)
  })

  test('refuses a second factory of the application', () => {
    const name = freshName()
    register(name, factory())
    expect(() => register(name, factory())).toThrow(duplicate('by the application'))
    expect(() => register(name, factory(), 'pkg')).toThrow(duplicate('by the application'))
  })

  test.each<[string, unknown, unknown]>([
    ['an empty name', '', factory()],
    ['a name that is no string', 5, factory()],
    ['no factory', 'own', undefined],
    ['an instance in place of a factory', 'own', { sessionInit() {} }],
  ])('refuses %s, and shows how it is done', (_, name, own) => {
    expect(() => register(name as string, own as EngineFactory)).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG',
        message: expect.stringContaining("register('own', () => new OwnProvider())"),
      }),
    )
  })
})

describe('an unknown name', () => {
  test.each([
    ['file', '@sess/file'],
    ['cookie', '@sess/cookie'],
    ['mysql', '@sess/mysql'],
    ['redis', '@sess/redis'],
    ['redis_cluster', '@sess/redis'],
    ['redis_sentinel', '@sess/redis'],
    ['postgresql', '@sess/postgres'],
    ['memcache', '@sess/memcache'],
    ['couchbase', '@sess/couchbase'],
    ['memory', '@sess/core'],
  ])('%s names the package %s to import', (name, packageName) => {
    expect(() => registeredEngine(name)).toThrow(
      expect.objectContaining({
        code: 'ERR_PROVIDER_UNKNOWN',
        message: expect.stringContaining(
          `No session engine named '${name}' is registered. Install ${packageName} and import it: import '${packageName}'. A bundler may have dropped such an import`,
        ),
      }),
    )
  })

  test.each([
    ['redis', 'redis'],
    ['redis_cluster', 'redisCluster'],
    ['postgresql', 'postgresql'],
  ])('%s shows how its engine is handed over as a value', (name, value) => {
    const message = expect.stringMatching(
      new RegExp(`bundler.*import { ${value} } from '@sess/\\w+'; newManager\\(${value}, …\\)$`),
    )
    expect(() => registeredEngine(name)).toThrow(expect.objectContaining({ message }))
  })

  test.each([
    ['postgres', 'postgresql'],
    ['pg', 'postgresql'],
    ['toString', 'memory'],
    ['__proto__', 'memory'],
    ['own', 'memory'],
  ])('%s that is none of ours lists what there is, %s too', (name, listed) => {
    const there = freshName()
    register(there, factory())
    expect(() => registeredEngine(name)).toThrow(
      expect.objectContaining({
        code: 'ERR_PROVIDER_UNKNOWN',
        message: expect.stringMatching(
          new RegExp(`'${name}'.*${there}.*${listed}.*register\\('${name}', …\\)`),
        ),
      }),
    )
  })
})
