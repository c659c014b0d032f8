import * as fs from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { SessionError } from '@sess/core/engine'
import { unusable, wrong } from './config-error.ts'
import { makeDirectory, status } from './fs-calls.ts'
import { isShard, OWNERS } from './layout.ts'

const OTHERS_MAY_WRITE = 0o002

/** The directory of all sessions, which others may remove or empty while the process runs. */
export class RootDirectory {
  /** Absolute. */
  readonly path: string
  /** Where the path led at the start. */
  readonly #real: string
  readonly #stats: fs.Stats

  private constructor(path: string, real: string, stats: fs.Stats) {
    this.path = path
    this.#real = real
    this.#stats = stats
  }

  /**
   * Makes the directory if it is missing.
   *
   * @throws ERR_CONFIG
   */
  static async open(directory: string): Promise<RootDirectory> {
    const path = resolve(directory)
    let root: RootDirectory
    try {
      await makeDirectory(path)
      root = new RootDirectory(path, await realpath(path), await stat(path))
    } catch (error) {
      throw await unusable(directory, error)
    }
    if (isOpenToAll(root.#stats))
      throw wrong(
        `: directory '${directory}' may be written by every user of this machine, and so may its sessions; name one inside it, e.g. '${directory}/sessions'`,
      )
    return root
  }

  /**
   * Whether sessions can be in it: somebody may have removed it, or all that was in it. Before a session is called
   * missing: where all are missing because a disk is not mounted, or because something else has the directory's name,
   * that is no answer.
   *
   * @throws ERR_BACKEND
   */
  async isInUse(): Promise<boolean> {
    if ((await status(join(this.path, OWNERS)))?.isDirectory()) return true
    const found = await status(this.#real)
    if (found === undefined) {
      const { dev } = await nearest(dirname(this.#real))
      if (dev !== this.#stats.dev) throw gone('its disk is not mounted')
      return false
    }
    if (!found.isDirectory()) throw gone('a file or a symbolic link has its name')
    if (found.dev !== this.#stats.dev) throw gone('its disk is not mounted')
    if (found.uid !== this.#stats.uid || isOpenToAll(found)) throw gone('another user has made it again')
    for await (const { name } of await fs.promises.opendir(this.#real))
      if (!isShard(name) && !(name === OWNERS && (await status(join(this.#real, name)))?.isDirectory()))
        throw gone('it holds something else')
    return false
  }

  /**
   * Makes it again, if it was removed or emptied.
   *
   * @throws ERR_BACKEND
   */
  async restore(): Promise<void> {
    if (!(await this.isInUse())) await makeDirectory(join(this.#real, OWNERS))
  }
}

function isOpenToAll({ mode }: fs.Stats): boolean {
  return process.platform !== 'win32' && (mode & OTHERS_MAY_WRITE) !== 0
}

/** Of the path, or of the first directory above it that there is. */
async function nearest(path: string): Promise<fs.Stats> {
  return (await status(path)) ?? nearest(dirname(path))
}

function gone(reason: string): SessionError {
  return new SessionError(
    'ERR_BACKEND',
    `The directory of the sessions cannot be used any more: ${reason}. Put back what was there, or restart the server`,
  )
}
