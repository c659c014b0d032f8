import type { FileStore } from '@sess/file'
import { describe, expect, it } from 'vitest'
import { observing } from './support/fs-gate.ts'
import { newScene } from './support/scene.ts'
import { contentOf, dataOf, newId } from './support/workplace.ts'

describe('readers', () => {
  it('that have opened a file which was replaced since, never read a save that was refused', async () => {
    const { place, slow: reader, fast: writer, id, token } = await newScene('mine')
    const other = newId()
    const otherToken = (await writer.create(other, dataOf('other'), place.in(1000))) as string
    for (const first of ['mine', 'other']) {
      const { found } = await readWhile(reader, id, async () => {
        if (first === 'mine') await writer.update(id, dataOf('mine, changed'), place.in(1000), token)
        else await writer.update(other, dataOf('other, changed'), place.in(1000), otherToken)
        expect(await writer.update(id, dataOf('refused'), place.in(1000), 'stale')).toBeUndefined()
        expect(await writer.update(id, dataOf('refused'), place.in(1000), 'stale')).toBeUndefined()
        expect(await writer.create(id, dataOf('refused'), place.in(1000))).toBeUndefined()
      })
      expect(found).toMatch(/^mine/)
    }
  })

  it('of one hot session never read what was refused, whoever replaces it meanwhile', async () => {
    const { place, slow: reader, fast: writer, id, token: first } = await newScene('saved 0')
    let token = first
    for (let saved = 0; saved < 20; saved++) {
      const { found, readings } = await readWhile(reader, id, async () => {
        for (let i = 0; i < 3; i++)
          token = (await writer.update(id, dataOf(`saved ${saved}`), place.in(1000), token)) as string
        for (let i = 0; i < 3; i++)
          expect(await writer.update(id, dataOf('refused'), place.in(1000), first)).toBeUndefined()
      })
      expect(readings).toBe(1)
      expect(found).toMatch(/^saved \d+$/)
    }
  })
})

/** What a reader gets that is stopped between the opening of a file and the reading of it. */
async function readWhile(
  reader: FileStore,
  id: string,
  work: () => Promise<void>,
): Promise<{ found: string | undefined; readings: number }> {
  let readings = 0
  const found = await observing(
    async ({ method }) => {
      if (method === 'read' && readings++ === 0) await work()
    },
    () => reader.load(id),
  )
  return { found: contentOf(found?.data), readings }
}
