/** Work on one key, one task at a time. */
export class KeyedQueue {
  readonly #last = new Map<string, Promise<unknown>>()

  /** What the task gives, as soon as it does. */
  run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key)
    const result = before === undefined ? task() : before.then(task, task)
    this.#last.set(key, result)
    const forget = () => {
      if (this.#last.get(key) === result) this.#last.delete(key)
    }
    result.then(forget, forget)
    return result
  }
}
