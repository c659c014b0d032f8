/**
 * Sessions in Couchbase Server or Capella. Importing this registers the engine `couchbase`, which is also the value {@link couchbase}.
 *
 * @module
 */
import type {} from '@sess/core'
import { type EngineType, fromRecordStore, register } from '@sess/core/engine'
import type { CouchbaseClient } from './lib/client.ts'
import { type CouchbaseConfig, readConfig } from './lib/couchbase-config.ts'
import { CouchbaseStore } from './lib/couchbase-store.ts'

export type {
  CouchbaseBucket,
  CouchbaseClient,
  CouchbaseCluster,
  CouchbaseCollection,
  CouchbaseScope,
} from './lib/client.ts'
export type { CouchbaseConfig, Durability } from './lib/couchbase-config.ts'
export { CouchbaseStore, type CouchbaseStoreContext } from './lib/couchbase-store.ts'

declare module '@sess/core' {
  interface ProviderConfigs {
    /**
     * A connection string, e.g. `'couchbase://app:secret@db1.local/sessions'` or
     * `'http://bucketname:bucketpass@myserver:8091'`, options, or a bucket or collection of the SDK.
     */
    couchbase: string | CouchbaseConfig | CouchbaseClient
  }
}

/** Sessions in Couchbase Server or Capella. */
export const couchbase: EngineType<'couchbase'> = {
  name: 'couchbase',
  open: async ({ config, clock, timeout }) =>
    fromRecordStore(await CouchbaseStore.open(config as string | CouchbaseConfig, { clock, timeout })),
  check: ({ config }) => void readConfig(config),
}

register(couchbase.name, couchbase, '@sess/couchbase')
