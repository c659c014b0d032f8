import type { FileStore } from '@sess/file'
import { observing } from './fs-gate.ts'
import { contentOf, dataOf, newId, newWorkplace, type StoreConfig, type Workplace } from './workplace.ts'

/** The shortest. A lock is taken over after that long. */
export const lease = 100

/** Adds to what a session holds, as core does it: reads, swaps, and starts again if somebody was faster. */
export async function append(place: Workplace, store: FileStore, id: string, text: string): Promise<void> {
  for (;;) {
    const found = await store.load(id)
    if (!found) throw new Error('absent')
    const data = dataOf(contentOf(found.data) + text)
    if (await store.update(id, data, place.in(1000), found.token)) return
  }
}

/** The calls that a piece of work makes to the file system. */
export async function callsOf(prepare: () => Promise<() => Promise<unknown>>): Promise<number> {
  let count = 0
  const work = await prepare()
  await observing(() => void count++, work)
  return count
}

/** Two stores on one directory, and a session of both. */
export interface Scene {
  readonly place: Workplace
  readonly slow: FileStore
  readonly fast: FileStore
  readonly id: string
  readonly token: string
}

export async function newScene(content = 'start ', config: StoreConfig = {}): Promise<Scene> {
  const place = await newWorkplace()
  const [slow, fast] = [await place.open({ lease, ...config }), await place.open({ lease, ...config })]
  const id = newId()
  const token = (await slow.create(id, dataOf(content), place.in(1000))) as string
  return { place, slow, fast, id, token }
}
