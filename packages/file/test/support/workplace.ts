import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { REVISION_BYTES } from '@sess/core/engine'
import { type FileConfig, FileStore } from '@sess/file'
import { onTestFinished } from 'vitest'

/** A time that only moves when told. */
interface MovableClock {
  time: number
  now(): number
}

/** How a store is opened, its directory apart. */
export interface StoreConfig extends FileConfig {
  readonly timeout?: number
}

/** A directory of its own for one test, and stores on it. */
export interface Workplace {
  readonly directory: string
  readonly clock: MovableClock
  open(config?: StoreConfig): Promise<FileStore>
  /** Paths of all that is in the directory, relative to it. */
  files(): Promise<string[]>
  /** So many milliseconds from now. */
  in(milliseconds: number): number
}

export function newDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'sess-file-'))
}

export async function newWorkplace(): Promise<Workplace> {
  const root = await newDirectory()
  const directory = join(root, 'tmp')
  const stores: FileStore[] = []
  onTestFinished(async () => {
    await Promise.all(stores.map(store => store.close()))
    await rm(root, { recursive: true, force: true })
  })
  const clock = { time: 1_800_000_000_000, now: () => clock.time }
  return {
    directory,
    clock,
    in: milliseconds => clock.time + milliseconds,
    async open({ timeout = 5000, ...config } = {}) {
      const store = await FileStore.open({ directory, ...config }, { clock, timeout })
      stores.push(store)
      return store
    },
    async files() {
      const entries = await readdir(directory, { recursive: true, withFileTypes: true })
      return entries
        .filter(entry => !entry.isDirectory())
        .map(entry => join(entry.parentPath, entry.name).slice(directory.length + 1))
        .sort()
    },
  }
}

/** Data as core makes it: a fresh revision, then the content. */
export function dataOf(content: string | Uint8Array): Buffer {
  return Buffer.concat([randomBytes(REVISION_BYTES), Buffer.from(content as string)])
}

/** The content of such data. */
export function contentOf(data: Uint8Array | undefined): string | undefined {
  return data && Buffer.from(data).toString('utf8', REVISION_BYTES)
}

/** An id like those that core makes. */
export function newId(): string {
  return randomBytes(32).toString('hex')
}

export function pathIn(directory: string, id: string): string {
  return join(directory, id[0] as string, id[1] as string, id)
}
