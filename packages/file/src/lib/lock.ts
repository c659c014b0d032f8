import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { SessionError, sleep, systemTime } from '@sess/core/engine'
import { attempt, DIRECTORY_MODE, removeFile, status } from './fs-calls.ts'

/** The directory of the owners' directories, in that of the sessions. No id begins with a dot. */
export const OWNERS = '.owners'
/** What the name of a lock ends with. No id has a dot. */
export const LOCK = '.lock'

const isWindows = process.platform === 'win32'
const CANNOT_LINK = ['EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']

/**
 * One who may hold locks: a store, with a random name and a directory of its own for the files it works on.
 *
 * The lock of a file is a symbolic link, `<file>.lock`, to its owner's directory. Whatever the owner puts in
 * place while it holds the lock, it moves *through* the lock: `<file>.lock/<name>` -> `<file>`; and what it takes
 * away it moves to `<file>.lock/<bin>/<name>`. If the lock was broken meanwhile, these paths lead nowhere, or into
 * another owner's directory, where neither the name nor the bin is, and nothing happens. So an owner that was stopped for longer than its lease cannot undo what others
 * did since: the check and the change are one call. And to break a lock is always safe, also one that has
 * just been taken, so two who judge the same lock abandoned need not agree on who breaks it.
 *
 * A lock is a hard link of the owner's own symbolic link, where the system can make one: that takes no new
 * inode. All locks of an owner so have one time of change, its lease, which it renews when it takes a lock.
 */
export class Owner {
  /** The owner's directory. */
  readonly home: string
  /** Random, so that it is nobody else's. */
  readonly name: string
  /** The name of a directory in the owner's, which no other owner has. */
  readonly bin: string
  readonly #self: string
  readonly #target: string
  readonly #lease: number
  #renewedAt = Number.NEGATIVE_INFINITY
  #canLink = !isWindows

  /** `lease` in milliseconds. */
  constructor(directory: string, lease: number) {
    const name = randomBytes(8).toString('hex')
    this.name = name
    this.bin = `${name}-bin`
    this.home = join(directory, OWNERS, name)
    this.#self = join(this.home, 'self')
    // As seen from a lock, which is two levels down too. Windows has junctions, which are absolute.
    this.#target = isWindows ? this.home : `../../${OWNERS}/${name}`
    this.#lease = lease
  }

  /**
   * Makes the owner's directory; again if a sweep took it for abandoned.
   *
   * @throws ERR_BACKEND if the directory of the sessions is gone
   */
  async settle(): Promise<void> {
    const code = await attempt(['EEXIST', 'ENOENT'], done => fs.mkdir(this.home, DIRECTORY_MODE, done))
    if (code === 'ENOENT') throw gone()
    await attempt(['EEXIST'], done => fs.mkdir(join(this.home, this.bin), DIRECTORY_MODE, done))
    await attempt(['EEXIST'], done => fs.symlink(this.#target, this.#self, 'junction', done))
  }

  /**
   * Before a session is called missing: where all are missing, as when a disk is not mounted, that is no answer.
   *
   * @throws ERR_BACKEND
   */
  async checkDirectory(): Promise<void> {
    if ((await status(dirname(this.home))) === undefined) throw gone()
  }

  /** Removes the owner's directory, if it is empty. */
  async leave(): Promise<void> {
    await removeFile(this.#self)
    for (const directory of [join(this.home, this.bin), this.home])
      await attempt(['ENOENT', 'ENOTEMPTY', 'EEXIST'], done => fs.rmdir(directory, done))
  }

  /**
   * Waits for the lock. `false`: the directory it would be in is missing, and so is the file.
   *
   * @throws ERR_TIMEOUT after `timeout` milliseconds
   */
  async acquire(file: string, timeout: number): Promise<boolean> {
    const watch = new LockWatch(this.#lease)
    for (let delay = 1; ; delay = Math.min(delay * 2, 16)) {
      const state = await this.tryAcquire(file, watch)
      if (state !== 'busy') return state === 'taken'
      if (watch.elapsed > timeout)
        throw new SessionError(
          'ERR_TIMEOUT',
          `Another process kept the session locked for ${timeout} ms: nothing was stored`,
        )
      await sleep(delay * (0.5 + Math.random()))
    }
  }

  /** Takes the lock if it is free or abandoned. `'missing'`: there is no directory for it. */
  async tryAcquire(
    file: string,
    watch: LockWatch = new LockWatch(this.#lease),
  ): Promise<'taken' | 'busy' | 'missing'> {
    for (;;) {
      const code = await this.#take(file + LOCK)
      if (code === undefined) return 'taken'
      if (code === 'ENOENT') {
        if ((await status(this.#self)) !== undefined) return 'missing'
        await this.settle()
      } else {
        // A store works on a file once at a time: its own lock can only be left over.
        const isAbandoned = (await this.holds(file)) || (await watch.isAbandoned(file + LOCK))
        if (!isAbandoned) return 'busy'
        await this.release(file)
      }
    }
  }

  /** Whether the owner holds the lock. */
  async holds(file: string): Promise<boolean> {
    const target = await new Promise<string>(resolve => {
      fs.readlink(file + LOCK, (error, target) => resolve(error ? '' : target))
    })
    return basename(target) === this.name
  }

  release(file: string): Promise<void> {
    return removeFile(file + LOCK)
  }

  /** Breaks a lock that was left behind. */
  async releaseAbandoned(file: string): Promise<void> {
    if (await new LockWatch(this.#lease).isAbandoned(file + LOCK)) await this.release(file)
  }

  /** Says that the owner is alive. */
  async renew(): Promise<void> {
    const now = performance.now()
    if (!this.#canLink || now - this.#renewedAt < this.#lease / 4) return
    this.#renewedAt = now
    const time = systemTime() / 1000
    await attempt(['ENOENT'], done => fs.lutimes(this.#self, time, time, done))
  }

  async #take(lock: string): Promise<string | undefined> {
    if (this.#canLink) {
      await this.renew()
      const code = await attempt(['EEXIST', 'ENOENT', ...CANNOT_LINK], done =>
        fs.link(this.#self, lock, done),
      )
      if (code === undefined || !CANNOT_LINK.includes(code)) return code
      this.#canLink = false
    }
    return attempt(['EEXIST', 'ENOENT'], done => fs.symlink(this.#target, lock, 'junction', done))
  }
}

/** Judges whether the owner of a lock is gone: its lease has run out, or nothing moved for as long as a lease. */
class LockWatch {
  readonly #lease: number
  readonly #start = performance.now()
  #seen = ''
  #seenAt = 0

  constructor(lease: number) {
    this.#lease = lease
  }

  /** Since when the caller waits, in milliseconds. */
  get elapsed(): number {
    return performance.now() - this.#start
  }

  async isAbandoned(lock: string): Promise<boolean> {
    const stats = await status(lock)
    if (stats === undefined) return false
    if (systemTime() - stats.mtimeMs > this.#lease) return true
    // The system's time may have been set back: so much for the time of the file.
    const seen = `${stats.ino} ${stats.mtimeMs}`
    if (seen !== this.#seen) {
      this.#seen = seen
      this.#seenAt = performance.now()
    }
    return performance.now() - this.#seenAt > this.#lease
  }
}

function gone(): SessionError {
  return new SessionError(
    'ERR_BACKEND',
    'The directory of the sessions is gone. Mount its disk again; if it was deleted, restart the server',
  )
}
