/** One's turn to work on a record. */
export interface Turn {
  /** Work that the next in line waits for, but not the caller. What it throws is ignored. */
  defer(work: Promise<unknown>): void
  /** What is in place now, for those behind in the line. */
  leave(token: unknown): void
  /** Whether another than `token` was put in place since the caller joined the line. */
  isLateWith(token: unknown): boolean
}

interface Line {
  length: number
  tail: Promise<unknown>
  latest: unknown
}

/** Work on records: for each of them one after the other, in the order it was asked for. */
export class Lines {
  readonly #lines = new Map<string, Line>()

  join<T>(id: string, work: (turn: Turn) => Promise<T>): Promise<T> {
    const line = this.#lines.get(id) ?? { length: 0, tail: Promise.resolve(), latest: undefined }
    this.#lines.set(id, line)
    line.length++
    const { latest } = line
    const deferred: Promise<unknown>[] = []
    const turn: Turn = {
      defer: work => deferred.push(work.catch(ignore)),
      leave: token => {
        line.latest = token
      },
      isLateWith: token => line.latest !== latest && line.latest !== token,
    }
    const result = line.tail.then(() => work(turn))
    line.tail = result
      .catch(ignore)
      .then(() => Promise.all(deferred))
      .then(() => {
        line.length--
        if (line.length === 0) this.#lines.delete(id)
      })
    return result
  }

  /** When all that is under way is done. */
  async idle(): Promise<void> {
    await Promise.all([...this.#lines.values()].map(line => line.tail))
  }
}

function ignore(): void {}
