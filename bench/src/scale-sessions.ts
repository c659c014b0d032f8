import { hash } from 'node:crypto'
import type { Provider } from '@sess/core'
import { freshData } from './session-data.ts'

/** Session `i` of a scale bench: an id as the manager hands it to an engine, and ten keys of about 300 bytes. */
export function idOf(i: number): string {
  return hash('sha256', String(i))
}

export async function createSession(provider: Provider, i: number): Promise<void> {
  const session = await provider.sessionRead(idOf(i))
  // Strings of their own, as if each had come with a request.
  for (const [key, value] of Object.entries(freshData())) session.set(key, value)
  session.set('userId', i)
  session.set('email', `user${i}@example.com`)
  await session.sessionRelease()
}

/** What a request does that reads one key, or adds one to another. It fails if it does not get session `i`. */
export async function serve(provider: Provider, i: number, what: 'read' | 'change'): Promise<void> {
  const session = await provider.sessionRead(idOf(i))
  const found = session.get('userId')
  if (found !== i) throw new Error(`Session ${i} holds the user ${found}`)
  if (what === 'change') session.set('count', (session.get('count') as number) + 1)
  await session.sessionRelease()
}

/** A clock that is moved on. */
export class MovedClock {
  #ahead = 0

  now(): number {
    return Date.now() + this.#ahead
  }

  advance(seconds: number): void {
    this.#ahead += seconds * 1000
  }
}

/** A number below `end`, from `start` on. */
export function pick(start: number, end: number): number {
  return start + Math.floor(Math.random() * (end - start))
}
