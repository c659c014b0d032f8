import { randomID } from './session-id.ts'

/** What holds flash messages: a session, as far as they need one. */
export interface FlashHolder {
  get(key: string): unknown
  update(key: string, updater: (value: unknown) => unknown): unknown
}

/** Where a session keeps them: by their key, each with a name of its own. */
const FLASH = '@flash'
type Messages = Record<string, [name: string, message: unknown][]>

/** Leaves a message for a later request, e.g. for the page that a form redirects to. */
export function addFlash(session: FlashHolder, key: string, message: unknown): void {
  const name = randomID()
  session.update(FLASH, (messages = {}) => {
    const others = messages as Messages
    return { ...others, [key]: [...messagesOf(others, key), [name, message]] }
  })
}

/**
 * Takes the messages that were left under a key, oldest first. No request that comes after this one is saved
 * sees them again; one that another request leaves meanwhile is not taken.
 */
export function takeFlash(session: FlashHolder, key: string): unknown[] {
  const messages = (session.get(FLASH) ?? {}) as Messages
  const found = messagesOf(messages, key)
  if (found.length === 0) return []
  const taken = new Set(found.map(([name]) => name))
  session.update(FLASH, (current = {}) => {
    const { [key]: _, ...others } = current as Messages
    const rest = messagesOf(current as Messages, key).filter(([name]) => !taken.has(name))
    return rest.length > 0 ? { ...others, [key]: rest } : others
  })
  return found.map(([, message]) => message)
}

/** Not what a prototype has under that key. */
function messagesOf(messages: Messages, key: string): Messages[string] {
  return Object.hasOwn(messages, key) ? (messages[key] ?? []) : []
}
