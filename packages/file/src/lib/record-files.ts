import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { performance } from 'node:perf_hooks'
import { SessionError } from '@sess/core/engine'
import { type FileContent, PAGE } from './file-format.ts'
import { attempt, makeDirectory, removeFile, rename, status, syncDirectory } from './fs-calls.ts'
import { LOCK } from './layout.ts'
import type { Turn } from './lines.ts'
import type { Owner } from './lock.ts'
import { readFile } from './read-file.ts'
import { StagedFiles } from './staged-files.ts'

/** `'missing'`: there is no file. `'lost'`: the lock was broken, and nothing is changed. */
type Outcome = 'done' | 'refused' | 'missing' | 'lost'

export interface RecordFilesOptions {
  readonly owner: Owner
  /** Whether a change has to be on the disk before it counts as done. */
  readonly sync: boolean
  /** How long to wait for a lock, in milliseconds. */
  readonly timeout: number
}

/** Changes the files of records, each time as a whole, and against one owner of locks at a time. */
export class RecordFiles {
  readonly #owner: Owner
  readonly #staged: StagedFiles
  readonly #sync: boolean
  readonly #timeout: number

  constructor({ owner, sync, timeout }: RecordFilesOptions) {
    this.#owner = owner
    this.#staged = new StagedFiles(owner, sync)
    this.#sync = sync
    this.#timeout = timeout
  }

  /** Fails if the file system cannot do what this engine needs: write, link, rename and delete. */
  async check(): Promise<void> {
    const name = await this.#staged.stage(Buffer.alloc(PAGE))
    const link = this.#staged.newName()
    const binned = `${this.#owner.bin}/${link}`
    try {
      await attempt([], done => fs.link(this.#staged.pathOf(name), this.#staged.pathOf(link), done))
      await rename([], this.#staged.pathOf(link), this.#staged.pathOf(binned))
    } finally {
      for (const each of [name, link, binned]) await this.#staged.discard(each)
    }
  }

  /** Adds a file if nothing has that name. It needs no lock: the system makes a link or does not. */
  async add(path: string, bytes: Uint8Array, turn: Turn): Promise<boolean> {
    const again = this.#startingOver(path)
    for (;;) {
      const staged = await this.#staged.stage(bytes)
      const code = await attempt(['EEXIST', 'ENOENT'], done =>
        fs.link(this.#staged.pathOf(staged), path, done),
      ).finally(() => turn.defer(this.#staged.discard(staged)))
      if (code === 'EEXIST') return false
      if (code === undefined) {
        if (this.#sync) await syncDirectory(dirname(path))
        return true
      }
      await again()
      await this.#makeDirectoryOf(path)
    }
  }

  /** Puts other bytes in place of a file, if `accepts` takes what it holds. */
  async replace(
    path: string,
    id: string,
    bytes: Uint8Array,
    accepts: (content: FileContent) => boolean,
    turn: Turn,
  ): Promise<Exclude<Outcome, 'lost'>> {
    const again = this.#startingOver(path)
    for (;;) {
      const staged = await this.#staged.stage(bytes)
      let outcome: Outcome | undefined
      try {
        outcome = await this.#locked(path, turn, async () => {
          const content = await readFile(path, id)
          if (content === undefined) return 'missing'
          if (!accepts(content)) return 'refused'
          // The moment of every change: a rename through the lock.
          if ((await rename(['ENOENT'], `${path}${LOCK}/${staged}`, path)) !== undefined) return 'lost'
          if (this.#sync) await syncDirectory(dirname(path))
          return 'done'
        })
      } finally {
        if (outcome !== 'done') turn.defer(this.#staged.discard(staged))
      }
      if (outcome !== 'lost') return outcome
      await again()
    }
  }

  /** Takes a file away, if `accepts` takes what it holds. Gives whether there was one. */
  async remove(path: string, accepts: () => Promise<boolean>, turn: Turn): Promise<boolean> {
    const again = this.#startingOver(path)
    for (;;) {
      const binned = `${this.#owner.bin}/${this.#staged.newName()}`
      const outcome = await this.#locked(path, turn, async () => {
        if (!(await accepts())) return 'refused'
        const code = await rename(['ENOENT'], path, `${path}${LOCK}/${binned}`)
        if (code === undefined) return 'done'
        return (await status(path)) ? 'lost' : 'missing'
      })
      if (outcome === 'done') {
        await removeFile(this.#staged.pathOf(binned))
        if (this.#sync) await syncDirectory(dirname(path))
      }
      if (outcome !== 'lost') return outcome === 'done'
      await again()
    }
  }

  async #locked(path: string, turn: Turn, work: () => Promise<Outcome>): Promise<Outcome> {
    if (!(await this.#owner.acquire(path, this.#timeout))) return 'missing'
    let outcome: Outcome | undefined
    try {
      outcome = await work()
      return outcome
    } finally {
      if (outcome !== 'lost') turn.defer(this.#owner.release(path))
    }
  }

  async #makeDirectoryOf(path: string): Promise<void> {
    const directory = dirname(path)
    await makeDirectory(directory)
    if (!this.#sync) return
    await syncDirectory(dirname(directory))
    await syncDirectory(dirname(dirname(directory)))
  }

  /**
   * What to do after a lock was broken, or directories were removed: nothing in the owner's can be relied on. It does
   * not go on for ever, as it would below a symbolic link, from which no lock leads to its owner.
   */
  #startingOver(path: string): () => Promise<void> {
    const end = performance.now() + this.#timeout
    return async () => {
      for (const directory of [dirname(dirname(path)), dirname(path)]) {
        const stats = await status(directory)
        if (stats?.isDirectory() === false)
          throw new SessionError(
            'ERR_BACKEND',
            'There is a file or a symbolic link in the place of a directory of the sessions. Remove it',
          )
      }
      if (performance.now() > end)
        throw new SessionError(
          'ERR_TIMEOUT',
          `Other processes broke the lock of the session for ${this.#timeout} ms: nothing was stored`,
        )
      await this.#owner.settle()
    }
  }
}
