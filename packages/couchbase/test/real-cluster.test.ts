/* The conformance kit on a cluster of Couchbase itself, where the environment names one. */
import { randomBytes } from 'node:crypto'
import { isSessionError } from '@sess/core/engine'
import { CouchbaseStore } from '@sess/couchbase'
import { couchbaseUrl } from '@sess/testing'
import { checksOf, type Subject, testEngine } from '@sess/testkit'
import { type Cluster, type Collection, connect } from 'couchbase'
import { afterAll, it } from 'vitest'
import { readConfig } from '../src/lib/couchbase-config.ts'

if (couchbaseUrl === undefined)
  it('passes the conformance kit on a real cluster', ({ skip }) =>
    skip(
      'set SESS_TEST_COUCHBASE_URL to a connection string of the engine, e.g. couchbase://app:secret@127.0.0.1/sessions',
    ))
else await testOn(couchbaseUrl)

async function testOn(connectionString: string): Promise<void> {
  const { cluster, collection } = await openSdk(connectionString)
  const prefixes: string[] = []
  afterAll(async () => {
    await removeAll(collection, prefixes)
    await cluster.close()
  })
  const subject: Subject = {
    name: 'couchbase, on a real cluster',
    create: ({ clock }) => {
      const prefix = `sess-test-${randomBytes(6).toString('hex')}:`
      prefixes.push(prefix)
      return {
        connect: () => CouchbaseStore.open({ connectionString, prefix }, { clock }),
        tamper: async (id, change) => {
          const transcoder = {
            encode: (value: Buffer): [Buffer, number] => [value, 0x02000000],
            decode: keep,
          }
          const { content } = await collection.get(prefix + id, { transcoder })
          await collection.upsert(prefix + id, Buffer.from(change(content)), { transcoder, expiry: 600 })
        },
      }
    },
  }
  const groups = [...new Set(checksOf(subject).map(({ group }) => group))]
  const canCount = await counts(connectionString)
  testEngine(subject, { groups: groups.filter(group => group !== 'count' || canCount) })
}

const keep = (value: Buffer): Buffer => value

async function openSdk(text: string): Promise<{ cluster: Cluster; collection: Collection }> {
  const { source, bucket, scope, collection } = readConfig(text)
  if ('client' in source || bucket === undefined) throw new Error('SESS_TEST_COUCHBASE_URL names no bucket')
  const cluster = await connect(source.connectionString, source.options)
  return { cluster, collection: cluster.bucket(bucket).scope(scope).collection(collection) }
}

/** Whether the cluster has what it takes to count: a query service and an index. */
async function counts(connectionString: string): Promise<boolean> {
  const store = await CouchbaseStore.open(connectionString, { clock: Date })
  try {
    await store.count(Date.now())
    return true
  } catch (error) {
    if (isSessionError(error, 'ERR_UNSUPPORTED')) return false
    throw error
  } finally {
    await store.close()
  }
}

/** As far as there is a query service; the rest expires. */
async function removeAll({ scope, name }: Collection, prefixes: readonly string[]): Promise<void> {
  for (const prefix of prefixes) {
    const parameters = { low: prefix, high: `${prefix}\u{10ffff}` }
    const statement = `DELETE FROM \`${name}\` WHERE META().id >= $low AND META().id < $high`
    try {
      await scope.query(statement, { parameters })
    } catch {
      return
    }
  }
}
