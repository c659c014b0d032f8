/**
 * A promise that knows whether somebody waits for it. Its failure is never an unhandled rejection: a failure that nobody
 * waits for has to be looked after by the maker of the promise.
 */
export class ObservedPromise<T> extends Promise<T> {
  #isObserved = false

  /** What `then` gives is an ordinary promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  static of<T>(promise: PromiseLike<T>): ObservedPromise<T> {
    const observed = new ObservedPromise<T>((resolve, reject) => void promise.then(resolve, reject))
    Promise.prototype.then.call(observed, undefined, () => {})
    return observed
  }

  /** Whether `then`, `catch`, `finally` or `await` was used. */
  get isObserved(): boolean {
    return this.#isObserved
  }

  // biome-ignore lint/suspicious/noThenProperty: `await` calls it, and that is what has to be known
  override then<R = T, E = never>(
    onFulfilled?: ((value: T) => R | PromiseLike<R>) | null,
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<R | E> {
    this.#isObserved = true
    return super.then(onFulfilled, onRejected)
  }
}
