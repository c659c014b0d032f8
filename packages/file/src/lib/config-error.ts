import { access, constants } from 'node:fs/promises'
import { configError, type SessionError } from '@sess/core/engine'

/** An error in `providerConfig`, which `problem` goes on to describe. */
export function wrong(problem: string, cause?: unknown): SessionError {
  return configError('file', problem, cause)
}

/** An ERR_CONFIG that says why the directory cannot hold sessions, and what to do. */
export async function unusable(directory: string, error: unknown): Promise<SessionError> {
  const { code = 'unknown error', syscall } = error as NodeJS.ErrnoException
  const isLink = syscall === 'link' || syscall === 'symlink'
  const reason =
    code === 'EACCES'
      ? await missingRights(directory)
      : ((isLink ? linkReasons : reasons)[code] ?? reasons[code] ?? code)
  return wrong(
    `: directory '${directory}' cannot be used: ${reason}. Name one that this process may write, e.g. './tmp'`,
    error,
  )
}

const reasons: Record<string, string> = {
  EPERM: 'the system does not permit to change it (it may be immutable: lsattr -d shows it)',
  EEXIST: 'there is a file of that name',
  ENOTDIR: 'there is a file in its path',
  ELOOP: 'its path is a circle of symbolic links',
  EROFS: 'its file system is read-only',
  ENOSPC: 'its file system is full',
  EDQUOT: 'the quota of this user is used up',
}

const noLinks = 'its file system has no hard links or no symbolic links, or does not permit them'
const linkReasons: Record<string, string> = {
  EPERM: noLinks,
  ENOTSUP: noLinks,
  EOPNOTSUPP: noLinks,
  ENOSYS: noLinks,
}

/** The user and the rights that the user lacks. */
async function missingRights(directory: string): Promise<string> {
  const missing: string[] = []
  for (const [right, verb] of rights)
    await access(directory, right).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EACCES') missing.push(verb)
    })
  const user = process.geteuid?.()
  // Without the right to enter it or its parent, nothing else is known of it.
  const lacks = missing.length === 0 ? 'make it, or write all that is in it' : `${missing.join(' or ')} it`
  if (user === undefined) return `this process may not ${lacks}`
  return `this process may not ${lacks}; make it the directory of the process's user, who needs its rights rwx (chown -R ${user} '${directory}'; chmod -R u+rwX '${directory}')`
}

const rights = [
  [constants.R_OK, 'read'],
  [constants.W_OK, 'write'],
  [constants.X_OK, 'enter'],
] as const
