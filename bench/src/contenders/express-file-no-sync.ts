import fs from 'node:fs'
import type { Contender } from '../contender.ts'
import { onFileStore } from '../on-file-store.ts'

/** session-file-store has no option for it: in this process fsync does nothing. */
export const contender: Contender = setting => {
  fs.fsync = Object.assign((_fd: number, done: fs.NoParamCallback) => done(null), {
    __promisify__: async () => {},
  })
  return onFileStore(setting)
}
