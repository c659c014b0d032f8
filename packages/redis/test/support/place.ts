import { randomBytes } from 'node:crypto'
import { REVISION_BYTES } from '@sess/core/engine'
import { type RedisClient, type RedisConfig, type RedisEngineName, RedisStore } from '@sess/redis'
import { onTestFinished, type TestContext } from 'vitest'

/** A prefix that nobody else uses. */
export function newPrefix(): string {
  return `${randomBytes(6).toString('hex')}:`
}

export function newId(): string {
  return randomBytes(32).toString('hex')
}

/** Data as core writes it: a fresh revision, and content that is longer than a tombstone. */
export function newData(content = 'a session with some content'): Buffer {
  return Buffer.concat([randomBytes(REVISION_BYTES), Buffer.from(content)])
}

export function contentOf(record: { data: Uint8Array } | undefined): string | undefined {
  return record && Buffer.from(record.data).toString('utf8', REVISION_BYTES)
}

/** The moment in a minute. */
export function soon(): number {
  return Date.now() + 60_000
}

/** A store that is closed when the test is over. */
export async function openStore(
  config: string | RedisConfig | RedisClient,
  { timeout = 2000, name = 'redis' as RedisEngineName } = {},
): Promise<RedisStore> {
  const store = await RedisStore.open(config, { clock: Date, timeout, name })
  onTestFinished(() => store.close())
  return store
}

/** Registers what ends something with the test: the one of its context, for tests that run side by side. */
type AtEnd = TestContext['onTestFinished']

/** Something that is closed when the test is over. */
export async function closing<T extends { close(): unknown }>(
  thing: Promise<T> | T,
  atEnd: AtEnd = onTestFinished,
): Promise<T> {
  const opened = await thing
  atEnd(async () => {
    await opened.close()
  })
  return opened
}

/** A client of the test's own that is closed when the test is over. */
export function disconnecting<
  T extends { disconnect(): void; on(event: 'error', listener: () => void): unknown },
>(client: T, atEnd: AtEnd = onTestFinished): T {
  client.on('error', () => undefined)
  atEnd(() => client.disconnect())
  return client
}
