import { channel } from 'node:diagnostics_channel'
import { EventEmitter } from 'node:events'
import type { CacheFieldChange } from './headers.ts'
import { nextTick } from './timers.ts'

/** What happens to sessions. `id` is the storage id, a hash: it cannot be used as a session id. */
export interface SessionEvents {
  /** A session was stored for the first time. */
  created: { id: string }
  /** A session was destroyed by `sessionDestroy`. */
  destroyed: { id: string }
  /** A session has a new id. */
  regenerated: { id: string; newID: string }
  /** A session that was only read was given its full lifetime again. */
  extended: { id: string }
  /** Changes were not saved: the session had ended (`gone`), or had another id by then (`retired`). */
  dropped: { id: string; reason: 'gone' | 'retired' }
  /** Another request saved first; the save is done again over what it saved. */
  conflict: { id: string }
  /** A save failed. Its caller gets the error too, where there is one to get it. */
  saveError: { id: string; error: unknown }
  /** A sweep failed; the next one tries again. */
  sweepError: { error: unknown }
  /** A sweep is over. */
  swept: { count: number }
  /** The cookie of a session could not be sent: its response was an upgrade, or was never made. */
  cookieUnsent: { id: string }
  /**
   * A handler said that shared caches may keep a response with a session cookie; they may not. `field` is the header
   * that said so, in lower case.
   */
  cacheControl: CacheFieldChange
}

export type SessionEventName = keyof SessionEvents

/** Tells listeners of one manager, and every subscriber of the `diagnostics_channel` named `sess:<event>`. */
export class Events {
  readonly #emitter = new EventEmitter()

  on<Name extends SessionEventName>(name: Name, listener: (event: SessionEvents[Name]) => void): void {
    this.#emitter.on(name, listener)
  }

  off<Name extends SessionEventName>(name: Name, listener: (event: SessionEvents[Name]) => void): void {
    this.#emitter.off(name, listener)
  }

  emit<Name extends SessionEventName>(name: Name, event: SessionEvents[Name]): void {
    const diagnostics = channels[name]
    if (diagnostics.hasSubscribers) diagnostics.publish(event)
    if (this.#emitter.listenerCount(name) === 0) return
    const listeners = this.#emitter.listeners(name) as ((event: SessionEvents[Name]) => void)[]
    for (const listener of listeners) call(listener, event)
  }
}

/** A listener's mistake is neither the session's nor another listener's: it surfaces as with diagnostics_channel. */
function call<Event>(listener: (event: Event) => void, event: Event): void {
  try {
    listener(event)
  } catch (error) {
    nextTick(() => {
      throw error
    })
  }
}

const channels = {
  created: channel('sess:created'),
  destroyed: channel('sess:destroyed'),
  regenerated: channel('sess:regenerated'),
  extended: channel('sess:extended'),
  dropped: channel('sess:dropped'),
  conflict: channel('sess:conflict'),
  saveError: channel('sess:saveError'),
  sweepError: channel('sess:sweepError'),
  swept: channel('sess:swept'),
  cookieUnsent: channel('sess:cookieUnsent'),
  cacheControl: channel('sess:cacheControl'),
}
