import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { SessionError, sleep, systemTime } from '@sess/core/engine'
import { attempt, DIRECTORY_MODE, removeFile, status } from './fs-calls.ts'
import { isOwner, LOCK, OWNERS } from './layout.ts'
import type { RootDirectory } from './root-directory.ts'

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

  readonly #root: Pick<RootDirectory, 'path' | 'restore'>

  /** `lease` in milliseconds. */
  constructor(root: Pick<RootDirectory, 'path' | 'restore'>, lease: number) {
    const name = randomBytes(8).toString('hex')
    this.#root = root
    this.name = name
    this.bin = `${name}-bin`
    this.home = join(root.path, OWNERS, name)
    this.#self = join(this.home, 'self')
    // As seen from a lock, which is two levels down too. Windows has junctions, which are absolute.
    this.#target = isWindows ? this.home : `../../${OWNERS}/${name}`
    this.#lease = lease
  }

  /**
   * Makes the owner's directory; again if a sweep took it for abandoned, and that of the sessions if it was removed.
   *
   * @throws ERR_BACKEND if something else is in the place of the directory of the sessions
   */
  async settle(): Promise<void> {
    const make = () => attempt(['EEXIST', 'ENOENT'], done => fs.mkdir(this.home, DIRECTORY_MODE, done))
    if ((await make()) === 'ENOENT') {
      await this.#root.restore()
      await make()
    }
    await attempt(['EEXIST'], done => fs.mkdir(join(this.home, this.bin), DIRECTORY_MODE, done))
    await attempt(['EEXIST'], done => fs.symlink(this.#target, this.#self, 'junction', done))
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
        const holder = await holderOf(file)
        if (holder === undefined) continue
        if (holder === FOREIGN) throw noLock()
        // A store works on a file once at a time: its own lock can only be left over.
        if (holder !== this.name && !(await watch.isAbandoned(file + LOCK))) return 'busy'
        await this.release(file)
      }
    }
  }

  release(file: string): Promise<void> {
    return removeFile(file + LOCK)
  }

  /** Breaks a lock that was left behind. */
  async releaseAbandoned(file: string): Promise<void> {
    const holder = await holderOf(file)
    if (holder === undefined || holder === FOREIGN) return
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
    // In the future: the system's time was set back. To break a lock is safe, whoever has it.
    if (Math.abs(systemTime() - stats.mtimeMs) > this.#lease) return true
    const seen = `${stats.ino} ${stats.mtimeMs}`
    if (seen !== this.#seen) {
      this.#seen = seen
      this.#seenAt = performance.now()
    }
    return performance.now() - this.#seenAt > this.#lease
  }
}

/** Something that is no lock has the name of one. */
const FOREIGN = ''

/** The name of the owner that a lock leads to; `undefined` if there is no lock. */
function holderOf(file: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    fs.readlink(file + LOCK, (error, target = '') => {
      const code = error?.code
      if (code === 'ENOENT' || code === 'ENOTDIR') return resolve(undefined)
      // EINVAL, or UNKNOWN on Windows: it is no link.
      if (error && code !== 'EINVAL' && code !== 'UNKNOWN') return reject(error)
      const name = basename(target)
      resolve(isOwner(name) && basename(dirname(target)) === OWNERS ? name : FOREIGN)
    })
  })
}

function noLock(): SessionError {
  return new SessionError(
    'ERR_BACKEND',
    'Something that this engine did not make has the name of a lock of a session. Remove it',
  )
}
