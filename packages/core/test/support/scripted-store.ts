import { MemoryStore } from '../../src/lib/memory-store.ts'
import type { RecordStore } from '../../src/lib/record-store.ts'

type Method = 'create' | 'load' | 'update' | 'extend' | 'delete'
type Call = () => unknown

/** A memory store whose next calls go as a test wants them to go, and which remembers what was called. */
export class ScriptedStore implements RecordStore {
  readonly calls: Method[] = []
  readonly #store = new MemoryStore({ clock: Date })
  readonly #script: Partial<Record<Method, ((call: Call) => unknown)[]>> = {}
  readonly maxBytes?: number

  constructor({ maxBytes }: { maxBytes?: number } = {}) {
    if (maxBytes !== undefined) this.maxBytes = maxBytes
  }

  /** What the next call of a method does in place of the call it is handed. */
  next(method: Method, act: (call: Call) => unknown): this {
    this.#script[method] = [...(this.#script[method] ?? []), act]
    return this
  }

  create: RecordStore['create'] = (...args) => this.#run('create', () => this.#store.create(...args))
  load: RecordStore['load'] = id => this.#run('load', () => this.#store.load(id))
  update: RecordStore['update'] = (...args) => this.#run('update', () => this.#store.update(...args))
  extend: NonNullable<RecordStore['extend']> = (...args) =>
    this.#run('extend', () => this.#store.extend(...args))
  delete: RecordStore['delete'] = (...args) => this.#run('delete', () => this.#store.delete(...args))

  async #run<T>(method: Method, call: () => T): Promise<T> {
    this.calls.push(method)
    const act = this.#script[method]?.shift()
    return (await (act ? act(call) : call())) as T
  }
}

/** The call is done and its answer lost. */
export const loseAnswer = async (call: Call): Promise<never> => {
  await call()
  throw new Error('connection reset')
}

/** The call is not done. */
export const fail = async (): Promise<never> => {
  throw new Error('connection refused')
}

/** The call is done, and its answer comes so many milliseconds later. */
export const answerLate =
  (milliseconds: number) =>
  async (call: Call): Promise<unknown> => {
    const answer = await call()
    await new Promise(resolve => setTimeout(resolve, milliseconds))
    return answer
  }
