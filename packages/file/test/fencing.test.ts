import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { FileStore } from '@sess/file'
import { describe, expect, it } from 'vitest'
import { Owner } from '../src/lib/lock.ts'
import { StagedFiles } from '../src/lib/staged-files.ts'
import { observing } from './support/fs-gate.ts'
import { append, callsOf, newScene, type Scene } from './support/scene.ts'
import { contentOf, dataOf, newId, newWorkplace } from './support/workplace.ts'

describe('a process that is stopped at any point while it changes a session, for longer than its lease', () => {
  it('neither loses what others saved meanwhile nor has its own change half done', async () => {
    const update = ({ place, slow, id, token }: Scene) =>
      slow.update(id, dataOf('start slow '), place.in(1000), token)
    const calls = await callsOf(async () => {
      const scene = await newScene()
      return () => update(scene)
    })
    expect(calls).toBeGreaterThan(5)
    let overtaken = 0
    for (let at = 0; at < calls; at++) {
      const scene = await newScene()
      const token = await observing(
        async (_, index) => {
          if (index === at) await append(scene.place, scene.fast, scene.id, 'fast ')
        },
        () => update(scene),
      )
      if (token === undefined) overtaken++
      const expected = token === undefined ? 'start fast ' : 'start slow fast '
      const found = contentOf((await scene.fast.load(scene.id))?.data)
      expect(found, `stopped before call ${at}`).toBe(expected)
      await append(scene.place, scene.slow, scene.id, 'end')
      expect(contentOf((await scene.fast.load(scene.id))?.data)).toBe(`${expected}end`)
    }
    expect(overtaken).toBeGreaterThan(3)
    expect(overtaken).toBeLessThan(calls)
  })

  it('brings no session back that was destroyed meanwhile', async () => {
    const update = ({ place, slow, id, token }: Scene) =>
      slow.update(id, dataOf('slow'), place.in(1000), token)
    const calls = await callsOf(async () => {
      const scene = await newScene()
      return () => update(scene)
    })
    for (let at = 0; at < calls; at++) {
      const scene = await newScene()
      await observing(
        async (_, index) => {
          if (index === at) await scene.fast.delete(scene.id)
        },
        () => update(scene),
      )
      expect(await scene.fast.load(scene.id), `stopped before call ${at}`).toBeUndefined()
    }
  })

  it('deletes no session that was created anew after it was found expired', async () => {
    const calls = await callsOf(async () => {
      const { place, slow } = await newScene()
      place.clock.time += 1000
      return () => slow.sweep(place.clock.now(), 10)
    })
    for (let at = 0; at < calls; at++) {
      const { place, slow, fast, id } = await newScene()
      place.clock.time += 1000
      let isCreated = false
      await observing(
        async (_, index) => {
          if (index === at) isCreated = (await fast.create(id, dataOf('new'), place.in(1000))) !== undefined
        },
        () => slow.sweep(place.clock.now(), 10),
      )
      expect(isCreated).toBe(true)
      expect(contentOf((await fast.load(id))?.data), `stopped before call ${at}`).toBe('new')
    }
  })

  it('deletes no session that was changed after it was read', async () => {
    const remove = ({ slow, id, token }: Scene) => slow.delete(id, token)
    const calls = await callsOf(async () => {
      const scene = await newScene()
      return () => remove(scene)
    })
    for (let at = 0; at < calls; at++) {
      const scene = await newScene()
      const { place, fast, id, token } = scene
      let updated: unknown
      const isDeleted = await observing(
        async (_, index) => {
          if (index === at) updated = await fast.update(id, dataOf('fast'), place.in(1000), token)
        },
        () => remove(scene),
      )
      expect(isDeleted, `stopped before call ${at}`).toBe(updated === undefined)
      expect(contentOf((await fast.load(id))?.data)).toBe(isDeleted ? undefined : 'fast')
    }
  })

  it('creates no session that another one has created, over an expired one too', async () => {
    for (const isThere of [false, true]) {
      const create = ({ place, slow, id }: Scene) => slow.create(id, dataOf('slow'), place.in(1000))
      const prepare = async () => {
        const scene = await newScene()
        if (isThere) scene.place.clock.time += 1000
        else await scene.slow.delete(scene.id)
        return scene
      }
      const calls = await callsOf(async () => {
        const scene = await prepare()
        return () => create(scene)
      })
      for (let at = 0; at < calls; at++) {
        const scene = await prepare()
        let other: unknown
        const own = await observing(
          async (_, index) => {
            if (index === at) other = await scene.fast.create(scene.id, dataOf('fast'), scene.place.in(1000))
          },
          () => create(scene),
        )
        const winners = [own, other].filter(Boolean)
        expect(winners, `stopped before call ${at}`).toHaveLength(1)
        expect(contentOf((await scene.fast.load(scene.id))?.data)).toBe(own ? 'slow' : 'fast')
      }
    }
  })
})

describe('readers', () => {
  it('get a whole session and never none while it is replaced again and again', async () => {
    const { place, slow: writer, fast: reader, id, token: first } = await newScene('0'.repeat(3000))
    let isWriting = true
    const write = async () => {
      let token = first
      for (let i = 1; i <= 400; i++) {
        const data = dataOf(String(i % 10).repeat(3000))
        token = (await writer.update(id, data, place.in(1000), token)) as string
      }
      isWriting = false
    }
    let reads = 0
    const read = async (store: FileStore) => {
      while (isWriting) {
        const content = contentOf((await store.load(id))?.data)
        expect(content).toMatch(/^(\d)\1{2999}$/)
        reads++
      }
    }
    await Promise.all([write(), read(reader), read(reader), read(writer)])
    expect(reads).toBeGreaterThan(100)
  })
})

it('gives no two temporary files the same name: a late rename through a lock must find nothing of its new owner', async () => {
  const place = await newWorkplace()
  const names: string[] = []
  for (const store of [await place.open(), await place.open()]) {
    const id = newId()
    const token = await store.create(id, dataOf('one'), place.in(1000))
    await store.update(id, dataOf('two'), place.in(1000), token)
  }
  const owners = join(place.directory, '.owners')
  for (const owner of await readdir(owners))
    names.push(...(await readdir(join(owners, owner))).filter(name => name !== 'self'))
  expect(names.length).toBeGreaterThan(1)
  expect(new Set(names).size).toBe(names.length)
})

it('gives no temporary file the name of its bin, however many there were', () => {
  const owner = new Owner({ path: '/sessions', restore: async () => {} }, 2000)
  const files = new StagedFiles(owner, false)
  const names = new Set(Array.from({ length: 50_000 }, () => files.newName()))
  expect(names.size).toBe(50_000)
  expect(names).not.toContain(owner.bin)
})
