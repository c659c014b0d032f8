/**
 * Sessions in files. Importing this registers the engine `file`, which is also the value {@link file}.
 *
 * @module
 */
import type {} from '@sess/core'
import { type EngineType, fromRecordStore, register } from '@sess/core/engine'
import { type FileConfig, readConfig } from './lib/file-config.ts'
import { FileStore } from './lib/file-store.ts'

export type { FileConfig } from './lib/file-config.ts'
export { FileStore, type FileStoreContext } from './lib/file-store.ts'

declare module '@sess/core' {
  interface ProviderConfigs {
    /** A directory, e.g. `'./tmp'`, or options. */
    file: string | FileConfig
  }
}

/** Sessions in files. */
export const file: EngineType<'file'> = {
  name: 'file',
  open: async ({ config, clock, timeout }) =>
    fromRecordStore(await FileStore.open(config as string | FileConfig, { clock, timeout })),
  check: ({ config, timeout }) => void readConfig(config, timeout),
}

register(file.name, file, '@sess/file')
