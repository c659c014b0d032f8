import * as fs from 'node:fs'
import { decodeFile, type FileContent, fileSize, MAX_FILE_BYTES, PAGE } from './file-format.ts'
import { closeFile, READ } from './fs-calls.ts'

/** As much as is read at once; nearly every session fits. */
const FIRST_READ = 2 * PAGE

/** It is missing. */
const MISSING = ['ENOENT', 'ENOTDIR']
/** Something else has the name: a symbolic link, a directory, a pipe, … */
const NO_FILE = ['ELOOP', 'EMLINK', 'EISDIR', 'ENXIO', 'ESPIPE', 'EAGAIN']

type Done<T> = (error: NodeJS.ErrnoException | null, value?: T) => void

/** What the file holds, or `undefined` if there is none. One open, one read, one close: what a request waits for. */
export function readFile(path: string, id: string): Promise<FileContent | undefined> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      const { code = '' } = error
      if (MISSING.includes(code)) resolve(undefined)
      else if (NO_FILE.includes(code)) resolve('foreign')
      else reject(error)
    }
    fs.open(path, READ, (error, fd) => {
      if (error) return fail(error)
      readContent(fd, id, (error, content) => {
        closeFile(fd)
        if (error) fail(error)
        else resolve(content)
      })
    })
  })
}

// Big buffers are slow to make, and what is handed out is a copy.
const buffers: Buffer[] = []
const MAX_BUFFERS = 32

function readContent(fd: number, id: string, done: Done<FileContent>): void {
  const buffer = buffers.pop() ?? Buffer.allocUnsafeSlow(FIRST_READ)
  fs.read(fd, buffer, 0, FIRST_READ, 0, (error, length) => {
    const isAll = error !== null || length < FIRST_READ
    const content = error ? undefined : decodeFile(buffer.subarray(0, length), id)
    const size = isAll ? undefined : fileSize(buffer, id)
    if (buffers.length < MAX_BUFFERS) buffers.push(buffer)
    if (error) done(error)
    else if (size === undefined || size === length) done(null, content)
    else readLarge(fd, id, size, done)
  })
}

/** Reads no more than a session can have, and nothing of a file that is not as large as it claims to be. */
function readLarge(fd: number, id: string, size: number, done: Done<FileContent>): void {
  fs.fstat(fd, (error, stats) => {
    if (error) return done(error)
    if (stats.size !== size || size > MAX_FILE_BYTES) return done(null, 'torn')
    const bytes = Buffer.allocUnsafe(size)
    let length = 0
    const readOn = () => {
      fs.read(fd, bytes, length, size - length, length, (error, count) => {
        if (error) return done(error)
        length += count
        if (count > 0 && length < size) readOn()
        else done(null, decodeFile(bytes.subarray(0, length), id))
      })
    }
    readOn()
  })
}
