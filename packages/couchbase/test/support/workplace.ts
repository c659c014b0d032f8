import { randomBytes } from 'node:crypto'
import { type CouchbaseConfig, CouchbaseStore } from '@sess/couchbase'
import { MovableClock } from '@sess/testkit'
import { onTestFinished } from 'vitest'
import { CouchbaseDouble, type DoubleOptions, PASSWORD, USER } from './couchbase-double.ts'

/** A server of the test's own and a store on it, by one clock. */
export interface Workplace {
  readonly double: CouchbaseDouble
  readonly clock: MovableClock
  readonly store: CouchbaseStore
  /** The moment in so many seconds. */
  in(seconds: number): number
}

export interface WorkplaceOptions extends DoubleOptions, Pick<CouchbaseConfig, 'durability' | 'prefix'> {
  readonly timeout?: number
}

export async function newWorkplace(options: WorkplaceOptions = {}): Promise<Workplace> {
  const { timeout = 5000, durability, prefix, ...others } = options
  const clock = new MovableClock()
  const double = await CouchbaseDouble.start({ now: () => clock.now(), ...others })
  const config = {
    connectionString: `couchbase://127.0.0.1:${double.port}`,
    username: USER,
    password: PASSWORD,
    bucket: 'sessions',
    ...(durability && { durability }),
    ...(prefix !== undefined && { prefix }),
  }
  const store = await CouchbaseStore.open(config, { clock, timeout })
  onTestFinished(async () => {
    await store.close()
    await double.stop()
  })
  double.takeSeen()
  return { double, clock, store, in: seconds => clock.now() + seconds * 1000 }
}

export function newId(): string {
  return randomBytes(32).toString('hex')
}

/** A write as core makes it: a fresh revision, then content. */
export function dataOf(content: string): Buffer {
  return Buffer.concat([randomBytes(8), Buffer.from(content)])
}

/** What a record holds, without its revision. */
export function contentOf(record: { readonly data: Uint8Array } | undefined): string | undefined {
  return record && Buffer.from(record.data.subarray(8)).toString()
}
