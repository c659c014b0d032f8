/** The writes that are under way, by session id: what is called after them waits for them, as it would in memory. */
export class PendingWrites {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Ends when the writes of that session have ended, however they end; `undefined` if there are none. */
  of(sid: string): Promise<unknown> | undefined {
    return this.#last.get(sid)
  }

  /** Notes a write that has begun. */
  add<T>(sid: string, write: Promise<T>): Promise<T> {
    const all = Promise.allSettled([this.#last.get(sid), write]).then(() => {
      if (this.#last.get(sid) === all) this.#last.delete(sid)
    })
    this.#last.set(sid, all)
    return write
  }
}
