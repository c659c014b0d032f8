import { SessionError } from '@sess/core/engine'

/** The directory of the owners' directories, in that of the sessions. No id begins with a dot. */
export const OWNERS = '.owners'
/** What the name of a lock ends with. No id has a dot. */
export const LOCK = '.lock'
/** A random one, which a sweep changes before it removes the directory. */
const OWNER_NAME = /^[0-9a-f]{16}(?:\.old)?$/

/** What every file system tells apart and nothing takes for a path; names with a dot are for our own files. */
const ID = /^[A-Za-z0-9_-]{2,200}$/
/** Windows takes these for devices. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)$/i

export function isId(id: string): boolean {
  return ID.test(id) && !DEVICE.test(id)
}

/**
 * The file of a session: that of `xsnkjklkjjkh27hjh78908` is `x/s/xsnkjklkjjkh27hjh78908`.
 *
 * @throws ERR_INVALID_ID
 */
export function pathOf(directory: string, id: string): string {
  if (!isId(id))
    throw new SessionError(
      'ERR_INVALID_ID',
      'The file engine stores ids of 2 to 200 letters, digits, - and _, but no names of Windows devices',
    )
  return `${directory}/${id[0]}/${id[1]}/${id}`
}

/** Whether it is the name of a directory in the layout. */
export function isShard(name: string): boolean {
  return name.length === 1 && ID.test(name + name)
}

/** Whether it is the name of an owner's directory. */
export function isOwner(name: string): boolean {
  return OWNER_NAME.test(name)
}
