import * as fs from 'node:fs'
import { decodeFile, type FileContent, fileSize, PAGE } from './file-format.ts'
import { closeFile, READ, READ_WRITE } from './fs-calls.ts'

/** As much as is read at once; nearly every session fits. */
const FIRST_READ = 2 * PAGE

/**
 * A file that was replaced is written over for another session (see SpareFiles), so somebody who has opened it
 * just before may read anything. What has the name by now is right; only a damaged file stays so.
 */
const ATTEMPTS = 20

/** It is missing. */
const MISSING = ['ENOENT', 'ENOTDIR']
/** Something else has the name: a symbolic link, a directory, a pipe, … */
const NO_FILE = ['ELOOP', 'EMLINK', 'EISDIR', 'ENXIO', 'ESPIPE', 'EAGAIN']

type Done<T> = (error: NodeJS.ErrnoException | null, value?: T) => void

/** A file opened for reading and writing, and what it holds. `fd` is missing where something else has the name. */
export interface OpenedFile {
  readonly fd: number | undefined
  readonly content: FileContent
}

/** What the file holds, or `undefined` if there is none. */
export async function readFile(path: string, id: string): Promise<FileContent | undefined> {
  let content = await readOnce(path, id)
  for (let attempt = 1; typeof content === 'string' && attempt < ATTEMPTS; attempt++)
    content = await readOnce(path, id)
  return content
}

/** For the owner of the lock, whose file nobody replaces. The caller closes what it gets. */
export function openFileOf(path: string, id: string): Promise<OpenedFile | undefined> {
  return new Promise((resolve, reject) => {
    fs.open(path, READ_WRITE, (error, fd) => {
      if (error) return settle(error, resolve, reject, { fd: undefined, content: 'foreign' })
      readContent(fd, id, (error, content) => {
        if (!error) return resolve({ fd, content: content as FileContent })
        closeFile(fd)
        settle(error, resolve, reject, { fd: undefined, content: 'foreign' })
      })
    })
  })
}

/** One open, one read, one close: what a request waits for. */
function readOnce(path: string, id: string): Promise<FileContent | undefined> {
  return new Promise((resolve, reject) => {
    fs.open(path, READ, (error, fd) => {
      if (error) return settle(error, resolve, reject, 'foreign')
      readContent(fd, id, (error, content) => {
        closeFile(fd)
        if (error) settle(error, resolve, reject, 'foreign')
        else resolve(content)
      })
    })
  })
}

function settle<T>(
  error: NodeJS.ErrnoException,
  resolve: (value: T | undefined) => void,
  reject: (error: Error) => void,
  noFile: T,
): void {
  const code = error.code ?? ''
  if (MISSING.includes(code)) resolve(undefined)
  else if (NO_FILE.includes(code)) resolve(noFile)
  else reject(error)
}

// Big buffers are dear to make, and what is handed out is a copy.
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

/** Asks for the true size first: the one that a damaged file claims may be gigabytes. */
function readLarge(fd: number, id: string, size: number, done: Done<FileContent>): void {
  fs.fstat(fd, (error, stats) => {
    if (error) return done(error)
    if (stats.size !== size) return done(null, 'torn')
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
