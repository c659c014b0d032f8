import { join } from 'node:path'
import { CREATE, closeFile, openFile, removeFile, syncFile, writeFully } from './fs-calls.ts'
import type { Owner } from './lock.ts'

/**
 * The temporary files of one owner. A session is written to a new one of them, which then gets the name of the
 * session's file. So no file is ever written once it has that name, and whoever has opened it reads one save, whole.
 */
export class StagedFiles {
  readonly #owner: Owner
  readonly #sync: boolean
  #names = 0

  /** `sync`: whether what is staged has to be on the disk. */
  constructor(owner: Owner, sync: boolean) {
    this.#owner = owner
    this.#sync = sync
  }

  /**
   * A name that was never used, in this owner's directory or in another's: who comes late may look for it
   * through a lock that leads to another owner by now, and must find nothing there. Digits: never that of the bin.
   */
  newName(): string {
    this.#names++
    return `${this.#owner.name}-${this.#names}`
  }

  pathOf(name: string): string {
    return join(this.#owner.home, name)
  }

  /** The name of a new temporary file of exactly those bytes. */
  async stage(bytes: Uint8Array): Promise<string> {
    const name = this.newName()
    const fd = await this.#open(this.pathOf(name))
    try {
      await writeFully(fd, bytes)
      if (this.#sync) await syncFile(fd)
    } catch (error) {
      await this.discard(name).catch(() => {})
      throw error
    } finally {
      closeFile(fd)
    }
    return name
  }

  discard(name: string): Promise<void> {
    return removeFile(this.pathOf(name))
  }

  async #open(path: string): Promise<number> {
    try {
      return await openFile(path, CREATE)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      await this.#owner.settle()
      return openFile(path, CREATE)
    }
  }
}
