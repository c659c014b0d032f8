import * as fs from 'node:fs'
import { join } from 'node:path'
import { unusable } from './config-error.ts'
import { attempt, DIRECTORY_MODE, makeDirectory } from './fs-calls.ts'
import { isShard, OWNERS } from './layout.ts'
import type { Owner } from './lock.ts'
import type { RecordFiles } from './record-files.ts'
import type { RootDirectory } from './root-directory.ts'

const { R_OK, W_OK, X_OK } = fs.constants

/**
 * Tries what saves, locks and sweeps will do in the directory, and asks for the rights on what is in it by now: files
 * that another user's process has left would make some visitors' saves fail, and others' not.
 *
 * @throws ERR_CONFIG
 */
export async function checkRights(
  name: string,
  root: RootDirectory,
  owner: Owner,
  files: RecordFiles,
): Promise<void> {
  let path = name
  try {
    const trial = join(root.path, `.${owner.name}`)
    await attempt([], done => fs.mkdir(trial, DIRECTORY_MODE, done))
    await attempt([], done => fs.rmdir(trial, done))
    await makeDirectory(join(root.path, OWNERS))
    await owner.settle()
    await files.check()
    for (const first of await shardsIn(root.path)) {
      path = join(name, first)
      await fs.promises.access(join(root.path, first), R_OK | W_OK | X_OK)
      for (const second of await shardsIn(join(root.path, first))) {
        path = join(name, first, second)
        await fs.promises.access(join(root.path, first, second), R_OK | W_OK | X_OK)
      }
    }
  } catch (error) {
    await owner.leave().catch(() => {})
    throw await unusable(path, error)
  }
}

async function shardsIn(path: string): Promise<string[]> {
  const entries = await fs.promises.readdir(path, { withFileTypes: true })
  return entries.filter(entry => entry.isDirectory() && isShard(entry.name)).map(entry => entry.name)
}
