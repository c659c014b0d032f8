import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { wrong } from './file-config.ts'
import { makeDirectory } from './fs-calls.ts'

const OTHERS_MAY_WRITE = 0o002

/**
 * The absolute path of the directory, made if it is missing.
 *
 * @throws ERR_CONFIG
 */
export async function prepareDirectory(directory: string): Promise<string> {
  const path = resolve(directory)
  let mode: number
  try {
    await makeDirectory(path)
    mode = (await stat(path)).mode
  } catch (error) {
    throw unusable(directory, error)
  }
  if (process.platform !== 'win32' && mode & OTHERS_MAY_WRITE)
    throw wrong(
      `: directory '${directory}' may be written by every user of this machine, and so may its sessions; name one inside it, e.g. '${directory}/sessions'`,
    )
  return path
}

/** An ERR_CONFIG that says why the directory cannot hold sessions. */
export function unusable(directory: string, error: unknown): Error {
  const { code = 'unknown error' } = error as NodeJS.ErrnoException
  const reason = reasons[code] ?? code
  return wrong(
    `: directory '${directory}' cannot be used: ${reason}. Name one that this process may write, e.g. './tmp'`,
    error,
  )
}

const reasons: Record<string, string> = {
  EACCES: 'this process may not write it',
  EPERM: 'its file system has no hard links or no symbolic links, or does not permit them',
  EEXIST: 'there is a file of that name',
  ENOTDIR: 'there is a file in its path',
  EROFS: 'its file system is read-only',
  ENOSPC: 'its file system is full',
}
