import { configError, type SessionError } from '@sess/core/engine'

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
   * 100. A process that is late finds out, and starts again. Default 2000.
   */
  readonly lease?: number
}

export type FileSettings = Required<FileConfig>

const defaults: FileSettings = { directory: './tmp', sync: false, lease: 2000 }
const example = `a directory, e.g. './tmp', or an object, e.g. { directory: './tmp', sync: true }`

/** @throws ERR_CONFIG */
export function readConfig(config: unknown): FileSettings {
  const given = typeof config === 'string' ? { directory: config || defaults.directory } : config
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw wrong(`must be ${example}`)
  const set = Object.entries(given).filter(([, value]) => value !== undefined)
  for (const [field] of set)
    if (!Object.hasOwn(defaults, field)) throw wrong(`has an unknown field '${field}'; it must be ${example}`)
  const settings = { ...defaults, ...Object.fromEntries(set) }
  checkDirectory(settings.directory)
  if (typeof settings.sync !== 'boolean')
    throw wrong(`: 'sync' must be true or false, e.g. { directory: './tmp', sync: true }`)
  if (!Number.isFinite(settings.lease) || settings.lease < 100)
    throw wrong(`: 'lease' must be 100 ms or more, e.g. { directory: './tmp', lease: 2000 }`)
  return settings
}

function checkDirectory(directory: unknown): void {
  if (typeof directory !== 'string' || directory === '' || directory.includes('\0'))
    throw wrong(`: 'directory' must be a path, e.g. { directory: './tmp' }`)
  if (/^[a-z][a-z\d+.-]+:\/\//i.test(directory))
    throw wrong(`: 'directory' must be a path and not a URL, e.g. './tmp'`)
}

/** An error in `providerConfig`, which `problem` goes on to describe. */
export function wrong(problem: string, cause?: unknown): SessionError {
  return configError('file', problem, cause)
}
