import { checkConfigObject, isPath, readNumber } from '@sess/core/engine'
import { wrong } from './config-error.ts'

/** Options of the file engine. `providerConfig` may also be the directory alone. */
export interface FileConfig {
  /** Where the sessions are kept; made if it is missing. Relative to where the process runs. Default `'./tmp'`. */
  readonly directory?: string
  /**
   * Whether a session is on the disk, and not only with the operating system, before it counts as saved.
   * Without it, what was saved last can be gone after a power failure; a killed process loses nothing either
   * way. Default `false`.
   */
  readonly sync?: boolean
  /**
   * How long a process may hold the lock of a session before others take it over, in milliseconds, at least
   * 100 and at most the manager's `timeout`, so that a killed process costs others no save. A process that is late
   * finds out, and starts again. Default 2000, or half of the timeout if that is less.
   */
  readonly lease?: number
}

export type FileSettings = Required<FileConfig>

const fields: readonly (keyof FileConfig)[] = ['directory', 'sync', 'lease']
const DIRECTORY = './tmp'
const example = `a directory, e.g. './tmp', or an object, e.g. { directory: './tmp', sync: true }`

/**
 * @param timeout of the manager, in milliseconds
 * @throws ERR_CONFIG
 */
export function readConfig(config: unknown, timeout: number): FileSettings {
  const given =
    typeof config === 'string'
      ? { directory: config || DIRECTORY }
      : checkConfigObject('file', config, example)
  for (const [field, value] of Object.entries(given))
    if (value !== undefined && !fields.includes(field as keyof FileConfig))
      throw wrong(`has an unknown field '${field}'; it must be ${example}`)
  const { directory = DIRECTORY, sync = false, lease = Math.min(2000, timeout / 2) } = given
  if (typeof sync !== 'boolean')
    throw wrong(`: 'sync' must be true or false, e.g. { directory: './tmp', sync: true }`)
  return {
    directory: readDirectory(directory),
    sync,
    lease: given.lease === undefined ? Number(lease) : readLease(lease, timeout),
  }
}

function readLease(lease: unknown, timeout: number): number {
  const number = readNumber(lease)
  if (typeof number !== 'number' || !Number.isFinite(number) || number < 100)
    throw wrong(`: 'lease' must be 100 ms or more, e.g. { directory: './tmp', lease: 2000 }`)
  if (number > timeout)
    throw wrong(
      `: 'lease' is ${number} ms, and 'timeout' ${timeout} ms: a save would give up before it may take over the lock of a killed process. Make 'lease' smaller, or the manager's 'timeout' larger`,
    )
  return number
}

function readDirectory(directory: unknown): string {
  if (typeof directory !== 'string' || directory === '' || directory.includes('\0'))
    throw wrong(`: 'directory' must be a path, e.g. { directory: './tmp' }`)
  // A config string of another engine would be made a directory, and a password its name.
  if (!isPath(directory) || /^[\w.[\]:-]*:\d+[,;]/.test(directory))
    throw wrong(`: 'directory' must be a path and not a URL or an address, e.g. './tmp'`)
  return directory
}
