import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { clearTimeout, setTimeout } from '@sess/core/engine'
import { PAGE } from './file-format.ts'
import { CREATE, closeFile, openFile, removeFile, syncFile, writeFully } from './fs-calls.ts'
import type { Owner } from './lock.ts'

/** A file in the owner's directory, which nobody else writes. */
export interface SpareFile {
  readonly name: string
  readonly fd: number
  /** In bytes. */
  readonly size: number
}

/** Kept open for the next writes, at most. */
const MAX_SPARES = 64
/** What a session was before lies about no longer than this, in milliseconds, and then as long again. */
const MAX_AGE = 1000

/**
 * The temporary files of one owner. A session is written to one of them, which is then renamed in place of the
 * session's file; and the file that was replaced becomes a temporary file for the next write. To make a file,
 * give it a block of the disk and delete another one costs the system more than all the rest of a save.
 *
 * So no file is written while it is a session's, but who opened it when it still was may see it change.
 * `readFile` is prepared for that.
 */
export class SpareFiles {
  readonly #owner: Owner
  readonly #sync: boolean
  /** The last used at the end, where the next one is taken from. */
  readonly #spares: (SpareFile & { readonly keptAt: number })[] = []
  #timer: NodeJS.Timeout | undefined
  #expired: Promise<unknown> | undefined
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

  /** A temporary file of exactly those bytes. */
  async stage(bytes: Uint8Array): Promise<SpareFile> {
    const file = (bytes.length === PAGE && this.#spares.pop()) || (await this.#make(bytes.length))
    try {
      await writeFully(file.fd, bytes)
      if (this.#sync) await syncFile(file.fd)
    } catch (error) {
      await this.discard(file)
      throw error
    }
    return file
  }

  /** Takes a file back, for another write. */
  async keep(file: SpareFile): Promise<void> {
    if (file.size !== PAGE || this.#spares.length >= MAX_SPARES) return this.discard(file)
    this.#spares.push({ ...file, keptAt: performance.now() })
    this.#timer ??= this.#expireLater()
  }

  async discard(file: SpareFile): Promise<void> {
    closeFile(file.fd)
    await removeFile(this.pathOf(file.name))
  }

  async discardAll(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#expired
    await Promise.all(this.#spares.splice(0).map(file => this.discard(file)))
  }

  #expireLater(): NodeJS.Timeout {
    const timer = setTimeout(() => {
      const oldest = performance.now() - MAX_AGE
      const old = this.#spares.filter(file => file.keptAt <= oldest)
      this.#spares.splice(0, old.length)
      // A name that stays is swept with the owner's directory.
      this.#expired = Promise.allSettled(old.map(file => this.discard(file)))
      this.#timer = this.#spares.length > 0 ? this.#expireLater() : undefined
    }, MAX_AGE)
    return timer.unref()
  }

  async #make(size: number): Promise<SpareFile> {
    const name = this.newName()
    try {
      return { name, fd: await openFile(this.pathOf(name), CREATE), size }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      await this.#owner.settle()
      return { name, fd: await openFile(this.pathOf(name), CREATE), size }
    }
  }
}
