/**
 * Sessions in files. Importing this registers the engine `file`.
 *
 * @module
 */
import type {} from '@sess/core'
import { fromRecordStore, register } from '@sess/core/engine'
import type { FileConfig } from './lib/file-config.ts'
import { FileStore } from './lib/file-store.ts'

export type { FileConfig } from './lib/file-config.ts'
export { FileStore, type FileStoreContext } from './lib/file-store.ts'

declare module '@sess/core' {
  interface ProviderConfigs {
    /** A directory, e.g. `'./tmp'`, or options. */
    file: string | FileConfig
  }
}

register(
  'file',
  async ({ config, clock, timeout }) =>
    fromRecordStore(await FileStore.open(config as string | FileConfig, { clock, timeout })),
  '@sess/file',
)
