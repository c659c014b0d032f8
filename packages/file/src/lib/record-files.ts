import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { type FileContent, PAGE } from './file-format.ts'
import { attempt, closeFile, makeDirectory, removeFile, rename, status, syncDirectory } from './fs-calls.ts'
import type { Turn } from './lines.ts'
import { LOCK, type Owner } from './lock.ts'
import { type OpenedFile, openFileOf } from './read-file.ts'
import { type SpareFile, SpareFiles } from './spare-files.ts'

/** `'missing'`: there is no file. `'lost'`: the lock was broken, and nothing is changed. */
type Outcome = 'done' | 'refused' | 'missing' | 'lost'

/** Windows renames no file over one that is open. */
const canReuse = process.platform !== 'win32'

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
  readonly #spares: SpareFiles
  readonly #sync: boolean
  readonly #timeout: number

  constructor({ owner, sync, timeout }: RecordFilesOptions) {
    this.#owner = owner
    this.#spares = new SpareFiles(owner, sync)
    this.#sync = sync
    this.#timeout = timeout
  }

  /** Fails if the file system cannot do what this engine needs. */
  async check(): Promise<void> {
    const file = await this.#spares.stage(Buffer.alloc(PAGE))
    const link = this.#spares.pathOf(this.#spares.newName())
    try {
      await attempt([], done => fs.link(this.#spares.pathOf(file.name), link, done))
      await removeFile(link)
    } finally {
      await this.#spares.discard(file)
    }
  }

  /** Adds a file if nothing has that name. It needs no lock: the system makes a link or does not. */
  async add(path: string, bytes: Uint8Array, turn: Turn): Promise<boolean> {
    for (;;) {
      const staged = await this.#spares.stage(bytes)
      const code = await attempt(['EEXIST', 'ENOENT'], done =>
        fs.link(this.#spares.pathOf(staged.name), path, done),
      )
      if (code === 'EEXIST') {
        turn.defer(this.#spares.keep(staged))
        return false
      }
      // This only takes its first name from a file that has two by now.
      turn.defer(this.#spares.discard(staged))
      if (code === undefined) {
        if (this.#sync) await syncDirectory(dirname(path))
        return true
      }
      await this.#startOver()
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
    for (;;) {
      const staged = await this.#spares.stage(bytes)
      let outcome: Outcome | undefined
      try {
        outcome = await this.#locked(path, turn, async () => {
          const file = await openFileOf(path, id)
          if (file === undefined) return 'missing'
          if (accepts(file.content)) return this.#exchange(staged, path, file, turn)
          closeFile(file.fd)
          return 'refused'
        })
      } finally {
        if (outcome === 'done') closeFile(staged.fd)
        else if (outcome === 'refused' || outcome === 'missing') turn.defer(this.#spares.keep(staged))
        else turn.defer(this.#spares.discard(staged))
      }
      if (outcome !== 'lost') return outcome
      await this.#startOver()
    }
  }

  /** Takes a file away, if `accepts` takes what it holds. Gives whether there was one. */
  async remove(path: string, accepts: () => Promise<boolean>, turn: Turn): Promise<boolean> {
    for (;;) {
      const binned = `${this.#owner.bin}/${this.#spares.newName()}`
      const outcome = await this.#locked(path, turn, async () => {
        if (!(await accepts())) return 'refused'
        const code = await rename(['ENOENT'], path, `${path}${LOCK}/${binned}`)
        if (code === undefined) return 'done'
        return (await status(path)) ? 'lost' : 'missing'
      })
      if (outcome === 'done') {
        await removeFile(this.#spares.pathOf(binned))
        if (this.#sync) await syncDirectory(dirname(path))
      }
      if (outcome !== 'lost') return outcome === 'done'
      await this.#startOver()
    }
  }

  /** Lets go of the temporary files. */
  async close(): Promise<void> {
    await this.#spares.discardAll()
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

  /** The moment of every change: renames a staged file, through the lock, in place of the one that was opened. */
  async #exchange(
    staged: SpareFile,
    path: string,
    replaced: OpenedFile,
    turn: Turn,
  ): Promise<'done' | 'lost'> {
    const spare = await this.#linkToKeep(path, replaced)
    if (spare === undefined) closeFile(replaced.fd)
    let isReplaced = false
    try {
      const code = await rename(['ENOENT'], `${path}${LOCK}/${staged.name}`, path)
      if (code !== undefined) return 'lost'
      if (this.#sync) await syncDirectory(dirname(path))
      isReplaced = true
      return 'done'
    } finally {
      // As long as it may be the session's file, it must never be written.
      if (spare) turn.defer(isReplaced ? this.#spares.keep(spare) : this.#spares.discard(spare))
    }
  }

  /** Gives a file that is about to be replaced a name of the owner's, under which it outlasts that. */
  async #linkToKeep(path: string, { fd, content }: OpenedFile): Promise<SpareFile | undefined> {
    if (!canReuse || fd === undefined || typeof content === 'string' || content.size !== PAGE)
      return undefined
    const name = this.#spares.newName()
    const code = await attempt(['ENOENT', 'EPERM', 'EMLINK'], done =>
      fs.link(path, this.#spares.pathOf(name), done),
    )
    return code === undefined ? { name, fd, size: PAGE } : undefined
  }

  async #makeDirectoryOf(path: string): Promise<void> {
    const directory = dirname(path)
    await makeDirectory(directory)
    if (!this.#sync) return
    await syncDirectory(dirname(directory))
    await syncDirectory(dirname(dirname(directory)))
  }

  /** After a lock was broken, or the owner's directory swept: nothing in there can be relied on. */
  async #startOver(): Promise<void> {
    await this.#spares.discardAll()
    await this.#owner.settle()
  }
}
