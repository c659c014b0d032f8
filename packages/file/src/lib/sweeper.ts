import * as fs from 'node:fs'
import { basename, join } from 'node:path'
import { systemTime } from '@sess/core/engine'
import type { FileContent } from './file-format.ts'
import { rename, status } from './fs-calls.ts'
import { isId, isOwner, isShard, LOCK, OWNERS } from './layout.ts'
import type { Owner } from './lock.ts'
import { readFile } from './read-file.ts'

/** Files that are looked at side by side: as many as Node has threads for. More would stand in the way of requests. */
const BATCH = 4
/** An owner that has touched nothing for so long is gone, in milliseconds. If it is not, it starts over. */
const ABANDONED_AFTER = 3_600_000

interface Entry {
  readonly name: string
  readonly path: string
}

interface Walk {
  readonly startedAt: number
  readonly entries: AsyncGenerator<Entry>
}

export interface SweeperOptions {
  readonly directory: string
  readonly owner: Owner
  /** Removes a record if it is still expired or damaged. Gives whether it was. */
  readonly remove: (id: string, now: number) => Promise<boolean>
}

/** Walks over all files, a few at a time, and touches only those that are the engine's. */
export class Sweeper {
  readonly #directory: string
  readonly #owner: Owner
  readonly #remove: (id: string, now: number) => Promise<boolean>
  /** Its lock makes that one process sweeps at a time. */
  readonly #file: string
  #running: Promise<number> | undefined
  #isClosed = false
  /** Where the last sweep stopped at its limit. */
  #walk: Walk | undefined

  constructor({ directory, owner, remove }: SweeperOptions) {
    this.#directory = directory
    this.#owner = owner
    this.#remove = remove
    this.#file = join(directory, OWNERS, 'sweep')
  }

  /** Removes at most `limit` dead records, and goes on the next time where it stopped. */
  async sweep(now: number, limit: number): Promise<number> {
    if (this.#running) return 0
    this.#running = this.#sweepAlone(now, limit)
    try {
      return await this.#running
    } finally {
      this.#running = undefined
    }
  }

  /** The number of records that `isCounted` takes. */
  async count(isCounted: (content: FileContent) => boolean): Promise<number> {
    let count = 0
    const entries = walk(this.#directory)
    for (let batch = await take(entries, BATCH); batch.length > 0; batch = await take(entries, BATCH)) {
      const contents = await Promise.all(batch.map(({ name, path }) => isId(name) && readFile(path, name)))
      for (const content of contents) if (content && isCounted(content)) count++
    }
    return count
  }

  /** Stops a sweep that is under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#running?.catch(() => undefined)
    await this.#walk?.entries.return(undefined)
    this.#walk = undefined
  }

  async #sweepAlone(now: number, limit: number): Promise<number> {
    if ((await this.#owner.tryAcquire(this.#file)) !== 'taken') return 0
    try {
      return await this.#sweep(now, limit)
    } finally {
      await this.#owner.release(this.#file)
    }
  }

  async #sweep(now: number, limit: number): Promise<number> {
    let swept = 0
    for (;;) {
      const isResumed = this.#walk !== undefined
      if (!isResumed) await this.#removeAbandonedOwners()
      this.#walk ??= { startedAt: now, entries: walk(this.#directory) }
      const { startedAt, entries } = this.#walk
      while (swept < limit && !this.#isClosed) {
        const batch = await take(entries, Math.min(BATCH, limit - swept))
        if (batch.length === 0) break
        const reclaimed = await Promise.all(batch.map(entry => this.#reclaim(entry, now)))
        swept += reclaimed.filter(Boolean).length
        await this.#owner.renew()
      }
      if (swept >= limit || this.#isClosed) return swept
      this.#walk = undefined
      // What lies behind the point where an earlier sweep stopped may have expired since.
      if (!isResumed || startedAt === now) return swept
    }
  }

  async #reclaim({ name, path }: Entry, now: number): Promise<boolean> {
    if (!isId(name)) {
      await this.#owner.releaseAbandoned(path.slice(0, -LOCK.length))
      return false
    }
    const content = await readFile(path, name)
    return isDead(content, now) && this.#remove(name, now)
  }

  /** What is left of processes that were killed: their temporary files. */
  async #removeAbandonedOwners(): Promise<void> {
    const owners = join(this.#directory, OWNERS)
    for (const name of await fs.promises.readdir(owners)) {
      const stats = await status(join(owners, name))
      const isAbandoned =
        isOwner(name) &&
        name !== basename(this.#owner.home) &&
        stats !== undefined &&
        Math.abs(systemTime() - stats.mtimeMs) > ABANDONED_AFTER
      if (isAbandoned) await removeOwner(join(owners, name))
    }
  }
}

/** Whether its space can be reclaimed: it is expired, or ours and damaged. */
export function isDead(content: FileContent | undefined, now: number): boolean {
  if (content === undefined || content === 'foreign') return false
  return content === 'torn' || content.expiresAt <= now
}

async function removeOwner(path: string): Promise<void> {
  // With the name changed at once, none of its locks leads to a file any more.
  const old = path.endsWith('.old') ? path : `${path}.old`
  if ((await rename(['ENOENT'], path, old)) !== undefined) return
  await fs.promises.rm(old, { recursive: true, force: true })
}

async function take(entries: AsyncGenerator<Entry>, length: number): Promise<Entry[]> {
  const taken: Entry[] = []
  while (taken.length < length) {
    const { value, done } = await entries.next()
    if (done) break
    taken.push(value)
  }
  return taken
}

/** Records and locks, in no order. Directories are read a few names at a time. */
async function* walk(directory: string): AsyncGenerator<Entry> {
  for await (const first of namesIn(directory)) {
    if (!isShard(first)) continue
    for await (const second of namesIn(join(directory, first))) {
      if (!isShard(second)) continue
      const shard = join(directory, first, second)
      for await (const name of namesIn(shard)) {
        const id = name.endsWith(LOCK) ? name.slice(0, -LOCK.length) : name
        if (isId(id) && id.startsWith(first + second)) yield { name, path: join(shard, name) }
      }
    }
  }
}

async function* namesIn(path: string): AsyncGenerator<string> {
  try {
    for await (const entry of await fs.promises.opendir(path, { bufferSize: 64 })) yield entry.name
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Removed meanwhile, or no directory: not of the layout.
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
  }
}
