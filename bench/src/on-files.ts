import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Handler, Setting } from './contender.ts'
import { onDriver } from './on-driver.ts'

/** A file for each session, which a write replaces as a whole. */
export function onFiles({ directory, data }: Setting, { flush }: { flush: boolean }): Handler {
  const set = async (id: string, json: string) => {
    const file = join(directory, id)
    await writeFile(`${file}.new`, json, { flush })
    await rename(`${file}.new`, file)
  }
  return onDriver({ get: id => readFile(join(directory, id), 'utf8'), set, add: set }, data)
}
