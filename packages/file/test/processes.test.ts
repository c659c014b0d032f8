import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { startWorker, type Worker } from './support/worker.ts'
import { contentOf, dataOf, newId, newWorkplace, pathIn } from './support/workplace.ts'

const LONG = 300_000

const count = (text: string | undefined, letter: string) => (text ?? '').split(letter).length - 1

/** Lets all of them go at the same moment. */
async function startTogether(workers: readonly Worker[]): Promise<void> {
  await Promise.all(workers.map(worker => worker.started))
  for (const worker of workers) worker.process.stdin?.write('go\n')
}

it('reads, of a writer that was killed a hundred times, the last save or the one under way', {
  timeout: LONG,
}, async () => {
  const place = await newWorkplace()
  const store = await place.open()
  /** Kills writers of four sessions, one after the other, and gives how often they have saved. */
  const killWriters = async (kills: number): Promise<number> => {
    const saved = new Map(Array.from({ length: 4 }, () => [newId(), 0]))
    for (const id of saved.keys()) await store.create(id, dataOf('0,'), place.in(10_000_000_000))
    let saves = 0
    for (let kill = 1; kill <= kills; kill++) {
      const writer = startWorker(['save', place.directory, ...saved.keys()])
      await writer.started
      await sleep(Math.random() * 20)
      writer.process.kill('SIGKILL')
      expect(await writer.ended).toBeNull()
      for (const line of writer.lines) {
        const [id, number] = line.split(' ') as [string, string]
        saved.set(id, Number(number))
      }
      saves += writer.lines.length
      for (const [id, number] of saved) {
        const content = contentOf((await store.load(id))?.data)
        const found = Number.parseInt(content ?? '', 10)
        expect([number, number + 1], `killed ${kill} times`).toContain(found)
        expect(content).toBe(`${found},`.repeat((found % 5) * 300 + 1))
        saved.set(id, found)
      }
    }
    return saves
  }
  const saves = await Promise.all([killWriters(34), killWriters(33), killWriters(33)])
  expect(saves.reduce((sum, each) => sum + each)).toBeGreaterThan(400)
})

it('takes over the lock of a process that was killed, once, however many want it', {
  timeout: LONG,
}, async () => {
  const place = await newWorkplace()
  const store = await place.open()
  const id = newId()
  await store.create(id, dataOf(''), place.in(10_000_000_000))
  const letters = ['a', 'b', 'c', 'd']
  for (let round = 1; round <= 5; round++) {
    const workers = letters.map(letter => startWorker(['append', place.directory, id, letter, '10']))
    const holder = startWorker(['hold', place.directory, pathIn(place.directory, id)])
    await holder.started
    holder.process.kill('SIGKILL')
    await holder.ended
    const start = performance.now()
    await startTogether(workers)
    for (const worker of workers) expect(await worker.ended).toBe(0)
    expect(performance.now() - start).toBeLessThan(5000)
    const content = contentOf((await store.load(id))?.data)
    for (const letter of letters) expect(count(content, letter)).toBe(10 * round)
  }
})

it('loses nothing when processes are stopped for longer than their lease', { timeout: LONG }, async () => {
  const place = await newWorkplace()
  const store = await place.open()
  const id = newId()
  await store.create(id, dataOf(''), place.in(10_000_000_000))
  const letters = ['a', 'b', 'c']
  const workers = letters.map(letter => startWorker(['append', place.directory, id, letter, '1000']))
  await startTogether(workers)
  const running = new Set(workers)
  for (const worker of workers) void worker.ended.then(() => running.delete(worker))
  while (running.size > 0) {
    const worker = [...running][Math.floor(Math.random() * running.size)] as Worker
    worker.process.kill('SIGSTOP')
    await sleep(150)
    worker.process.kill('SIGCONT')
    await sleep(20)
  }
  for (const worker of workers) expect(await worker.ended).toBe(0)
  const content = contentOf((await store.load(id))?.data)
  for (const letter of letters) expect(count(content, letter)).toBe(1000)
})
