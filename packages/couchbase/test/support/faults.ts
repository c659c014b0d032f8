import type { Request } from './frames.ts'

/** What goes wrong with a request. */
export type Misfortune =
  /** The answer does not come; the request is carried out, or not. */
  | { readonly silence: 'before' | 'after' }
  /** The connection ends; the request is carried out, or not. */
  | { readonly hangUp: 'before' | 'after' }
  /** The server refuses with this status and does nothing. */
  | { readonly refuse: number }
  /** The server does what it is told and gives this status all the same. */
  | { readonly misreport: number }
  /**
   * A durable write for which the server has lost the other nodes: it says that it does not know, and does it so many
   * milliseconds later. Until then others are told that a write is in progress.
   */
  | { readonly pending: number }
  /** The answer comes so many milliseconds late. */
  | { readonly delay: number }

interface Fault {
  readonly opcode: number
  readonly misfortune: Misfortune
  left: number
}

/** What is going to go wrong, in the order in which it was asked for. */
export class Faults {
  #faults: Fault[] = []

  /** The next so many requests with that opcode meet with that; once by default. */
  add(opcode: number, misfortune: Misfortune, times = 1): void {
    this.#faults.push({ opcode, misfortune, left: times })
  }

  clear(): void {
    this.#faults = []
  }

  next(request: Request): Misfortune | undefined {
    const fault = this.#faults.find(({ opcode, left }) => opcode === request.opcode && left > 0)
    if (fault) fault.left--
    return fault?.misfortune
  }
}
