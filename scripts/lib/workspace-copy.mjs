import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { root, trackedFiles } from './workspace.mjs'

/** A copy of the workspace, outside of it, that may be broken. Its packages find each other, not the originals. */
export class WorkspaceCopy {
  /** @param {string} path */
  constructor(path) {
    this.path = path
  }

  static async make() {
    const scratch = realpathSync(tmpdir())
    const copy = new WorkspaceCopy(mkdtempSync(join(scratch, 'sess-mutants-')))
    // Some tests start programs as another user.
    chmodSync(copy.path, 0o755)
    for (const file of trackedFiles()) {
      // One that is deleted and not yet committed is listed too.
      if (!existsSync(join(root, file))) continue
      await mkdir(join(copy.path, dirname(file)), { recursive: true })
      cpSync(join(root, file), join(copy.path, file))
    }
    for (const manifest of trackedFiles('*package.json')) copy.#link(dirname(manifest))
    return copy
  }

  /**
   * What is installed and built: the root's dependencies are the originals, and those of a package are relative
   * links, which lead to the other packages of the copy.
   * @param {string} folder
   */
  #link(folder) {
    for (const name of ['node_modules', 'dist']) {
      const from = join(root, folder, name)
      const to = join(this.path, folder, name)
      if (!existsSync(from)) continue
      if (folder !== '.') cpSync(from, to, { recursive: true, verbatimSymlinks: true })
      else linkEntries(from, to)
    }
  }

  /**
   * @param {string} patch
   * @param {'apply' | 'revert'} direction
   */
  patch(patch, direction) {
    execFileSync('git', ['apply', ...(direction === 'revert' ? ['--reverse'] : []), patch], {
      cwd: this.path,
      // Not as a part of a repository that the copy may lie in.
      env: { ...process.env, GIT_CEILING_DIRECTORIES: dirname(this.path) },
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    })
  }

  remove() {
    // A process that was cut off may still be writing.
    rmSync(this.path, { recursive: true, force: true, maxRetries: 10 })
  }
}

/**
 * A folder of links, so that what tools write beside its entries, their caches, stays in the copy.
 * @param {string} from
 * @param {string} to
 */
function linkEntries(from, to) {
  cpSync(from, to, { recursive: true, filter: source => source === from })
  for (const entry of readdirSync(from))
    if (!/^\.(?:vite|cache)/.test(entry)) symlinkSync(join(from, entry), join(to, entry))
}
