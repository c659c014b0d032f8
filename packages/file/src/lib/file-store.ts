import {
  type Clock,
  type RecordStore,
  revisionOf,
  SessionError,
  type StoredRecord,
  TOMBSTONE_BYTES,
} from '@sess/core/engine'
import { type FileConfig, readConfig } from './file-config.ts'
import { encodeFile, type FileContent, type FileRecord, MAX_BYTES } from './file-format.ts'
import { pathOf } from './layout.ts'
import { Lines, type Turn } from './lines.ts'
import { Owner } from './lock.ts'
import { readFile } from './read-file.ts'
import { RecordFiles } from './record-files.ts'
import { checkRights } from './rights.ts'
import { RootDirectory } from './root-directory.ts'
import { isDead, Sweeper } from './sweeper.ts'
import { within } from './within.ts'

/** What a {@link FileStore} needs besides its configuration. */
export interface FileStoreContext {
  readonly clock: Clock
  /** How long to wait for another process that has locked a session, in milliseconds. Default 5000. */
  readonly timeout?: number
}

/** In the line of a record that was deleted. */
const NONE = Symbol('none')

/**
 * Sessions in files, one each. Any number of stores, in any number of processes of one host, may share a
 * directory.
 */
export class FileStore implements RecordStore {
  /** The largest data that a file holds, in bytes. */
  readonly maxBytes: number = MAX_BYTES
  readonly #root: RootDirectory
  readonly #clock: Clock
  readonly #owner: Owner
  readonly #files: RecordFiles
  readonly #sweeper: Sweeper
  readonly #lines = new Lines()
  #isClosed = false

  private constructor(root: RootDirectory, clock: Clock, owner: Owner, files: RecordFiles) {
    this.#root = root
    this.#clock = clock
    this.#owner = owner
    this.#files = files
    this.#sweeper = new Sweeper({
      directory: root.path,
      owner,
      remove: (id, now) => this.#removeDead(id, now),
    })
  }

  /**
   * Opens the directory that the configuration names, `'./tmp'` if none.
   *
   * @throws ERR_CONFIG if the configuration is wrong or the directory cannot be used
   * @throws ERR_TIMEOUT if the file system does not answer
   */
  static open(config: string | FileConfig, { clock, timeout = 5000 }: FileStoreContext): Promise<FileStore> {
    return within(timeout, async isLate => {
      const { directory, sync, lease } = readConfig(config, timeout)
      const root = await RootDirectory.open(directory)
      const owner = new Owner(root, lease)
      const files = new RecordFiles({ owner, sync, timeout })
      await checkRights(directory, root, owner, files)
      if (isLate()) await owner.leave()
      return new FileStore(root, clock, owner, files)
    })
  }

  async load(id: string): Promise<StoredRecord | undefined> {
    const content = await readFile(this.#pathOf(id), id)
    if (content === undefined) await this.#root.isInUse()
    if (!this.#isLive(content)) return undefined
    const { data, expiresAt } = content
    return { data, expiresAt, token: revisionOf(data) }
  }

  async create(id: string, data: Uint8Array, expiresAt: number): Promise<string | undefined> {
    const path = this.#pathOf(id)
    const file = encodeFile(id, data, expiresAt)
    return this.#lines.join(id, async turn => {
      for (;;) {
        if (await this.#files.add(path, file, turn)) break
        const outcome = await this.#files.replace(path, id, file, content => !this.#isLive(content), turn)
        if (outcome === 'refused') return undefined
        if (outcome === 'done') break
      }
      return this.#written(data, turn)
    })
  }

  async update(id: string, data: Uint8Array, expiresAt: number, token: unknown): Promise<string | undefined> {
    const path = this.#pathOf(id)
    const file = encodeFile(id, data, expiresAt)
    return this.#lines.join(id, async turn => {
      if (turn.isLateWith(token)) return undefined
      const isCurrent = (content: FileContent) => this.#isLive(content) && revisionOf(content.data) === token
      const outcome = await this.#files.replace(path, id, file, isCurrent, turn)
      return outcome === 'done' ? this.#written(data, turn) : undefined
    })
  }

  async delete(id: string, token?: unknown): Promise<boolean> {
    const path = this.#pathOf(id)
    return this.#lines.join(id, async turn => {
      if (token !== undefined && turn.isLateWith(token)) return false
      let isLive = false
      const isMeant = async () => {
        const content = await readFile(path, id)
        isLive = this.#isLive(content) && (token === undefined || revisionOf(content.data) === token)
        // What is not of this engine stays.
        return isLive || (token === undefined && content !== undefined && content !== 'foreign')
      }
      const isRemoved = await this.#files.remove(path, isMeant, turn)
      if (isRemoved) turn.leave(NONE)
      return isRemoved && isLive
    })
  }

  async count(now: number): Promise<number> {
    this.#checkOpen()
    if (!(await this.#root.isInUse())) return 0
    return this.#sweeper.count(
      content =>
        typeof content !== 'string' && content.expiresAt > now && content.data.length > TOMBSTONE_BYTES,
    )
  }

  async sweep(now: number, limit: number): Promise<number> {
    this.#checkOpen()
    return (await this.#root.isInUse()) ? this.#sweeper.sweep(now, limit) : 0
  }

  /** Waits for the changes under way and leaves nothing open and no temporary file. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#sweeper.close()
    await this.#lines.idle()
    await this.#owner.leave()
  }

  #pathOf(id: string): string {
    this.#checkOpen()
    return pathOf(this.#root.path, id)
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new SessionError('ERR_CLOSED', 'The file store is closed')
  }

  #isLive(content: FileContent | undefined): content is FileRecord {
    return typeof content === 'object' && content.expiresAt > this.#clock.now()
  }

  #written(data: Uint8Array, turn: Turn): string {
    const token = revisionOf(data)
    turn.leave(token)
    return token
  }

  #removeDead(id: string, now: number): Promise<boolean> {
    const path = pathOf(this.#root.path, id)
    return this.#lines.join(id, turn =>
      this.#files.remove(path, async () => isDead(await readFile(path, id), now), turn),
    )
  }
}
