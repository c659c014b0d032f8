import * as fs from 'node:fs'
import { sleep } from '@sess/core/engine'

/*
 * The calls of `node:fs` with callbacks, as promises: they take half the time of `node:fs/promises`. What can
 * be expected to go wrong comes back as a code, for an Error with a stack is slow to make.
 */

/** Owner only. */
const FILE_MODE = 0o600
export const DIRECTORY_MODE = 0o700

const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL } = fs.constants
// A symbolic link or a pipe in place of a file must neither lead elsewhere nor make the process wait.
const CAREFULLY = (fs.constants.O_NOFOLLOW ?? 0) | (fs.constants.O_NONBLOCK ?? 0)

export const READ: number = O_RDONLY | CAREFULLY
export const CREATE: number = O_RDWR | O_CREAT | O_EXCL | CAREFULLY

const isWindows = process.platform === 'win32'

/** Makes a call. Gives the code of its error if that is one of `expected`; `undefined` means done. */
export function attempt(
  expected: readonly string[],
  call: (done: fs.NoParamCallback) => void,
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    call(error => {
      if (!error) resolve(undefined)
      else if (error.code !== undefined && expected.includes(error.code)) resolve(error.code)
      else reject(error)
    })
  })
}

/** Opens a file, or makes one if `flags` say so. */
export function openFile(path: string, flags: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.open(path, flags, FILE_MODE, (error, fd) => (error ? reject(error) : resolve(fd)))
  })
}

/** Writes all of `bytes` at the beginning of the file, or fails: after a short write the next one says why. */
export async function writeFully(fd: number, bytes: Uint8Array): Promise<void> {
  for (let length = 0; length < bytes.length; ) {
    length += await new Promise<number>((resolve, reject) => {
      fs.write(fd, bytes, length, bytes.length - length, length, (error, count) =>
        error ? reject(error) : resolve(count),
      )
    })
  }
}

/** Closes without a detour over a thread: of a file on a local disk that takes a microsecond. */
export function closeFile(fd: number | undefined): void {
  if (fd === undefined) return
  try {
    fs.closeSync(fd)
  } catch {
    // What was to be written has been written, by a call of its own.
  }
}

export function syncFile(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.fsync(fd, error => (error ? reject(error) : resolve()))
  })
}

/** Makes the names in a directory outlast a power failure. Windows has no such call. */
export async function syncDirectory(path: string): Promise<void> {
  if (isWindows) return
  const fd = await openFile(path, O_RDONLY)
  try {
    await syncFile(fd)
  } finally {
    closeFile(fd)
  }
}

export function makeDirectory(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.mkdir(path, { recursive: true, mode: DIRECTORY_MODE }, error => (error ? reject(error) : resolve()))
  })
}

/** Renames. On Windows a virus scanner or an indexer may hold the file open for a moment. */
export async function rename(
  expected: readonly string[],
  from: string,
  to: string,
): Promise<string | undefined> {
  for (let delay = 5; ; delay *= 2) {
    const transient = isWindows && delay < 500 ? ['EPERM', 'EBUSY', 'EACCES'] : []
    const code = await attempt([...expected, ...transient], done => fs.rename(from, to, done))
    if (code === undefined || !transient.includes(code)) return code
    await sleep(delay)
  }
}

/** Deletes a name if it is there. */
export async function removeFile(path: string): Promise<void> {
  await attempt(['ENOENT'], done => fs.unlink(path, done))
}

/** What the system says of a name, of a link itself; `undefined` if it is not there. */
export function status(path: string): Promise<fs.Stats | undefined> {
  return new Promise((resolve, reject) => {
    fs.lstat(path, (error, stats) => {
      if (!error) resolve(stats)
      else if (error.code === 'ENOENT' || error.code === 'ENOTDIR') resolve(undefined)
      else reject(error)
    })
  })
}
