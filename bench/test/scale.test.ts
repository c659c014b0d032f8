import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { MemoryStore, type RecordStore } from '@sess/core/engine'
import { describe, expect, it } from 'vitest'
import { MapStore } from '../src/scale-map-store.ts'
import { measureMemory } from '../src/scale-memory.ts'
import { longest, type Pause, watch } from '../src/scale-pauses.ts'
import type { MovedClock } from '../src/scale-sessions.ts'

const SESSIONS = 5000
const blockFor = (milliseconds: number) => {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}
const longestPause = (pauses: Pause[]) => longest(pauses, []).all

describe('sessions in memory', () => {
  it('are all created, counted, served and swept', async () => {
    const figures = await measureMemory(clock => new MemoryStore({ clock }), SESSIONS, 0.05)
    expect(figures.create.result).toBe(SESSIONS)
    expect(figures.count.result).toBe(SESSIONS)
    expect(figures.serve.result).toBeGreaterThan(0)
    expect(figures.sweep.result).toBe(SESSIONS * 0.4)
    expect(figures.sweepWhileServing.result).toBe(SESSIONS * 0.4)
  })

  it('are weighed: what a store keeps besides the data is found', async () => {
    class Hoarder extends MemoryStore {
      readonly #kept: Buffer[] = []
      override create(id: string, data: Uint8Array, expiresAt: number): string | undefined {
        this.#kept.push(Buffer.alloc(5000))
        return super.create(id, data, expiresAt)
      }
    }
    const overheadOf = async (makeStore: (clock: MovedClock) => RecordStore) =>
      (await measureMemory(makeStore, SESSIONS, 0)).overhead
    const lean = await overheadOf(clock => new MemoryStore({ clock }))
    const fat = await overheadOf(clock => new Hoarder({ clock }))
    // An object for each comes with them.
    expect(fat - lean).toBeGreaterThan(5000)
    expect(fat - lean).toBeLessThan(5500)
  })

  it('are swept in turns, or not: a sweep that blocks is found', async () => {
    class Blocking extends MapStore {
      override sweep(now: number): number {
        blockFor(100)
        return super.sweep(now)
      }
    }
    const { sweep, sweepWhileServing, create } = await measureMemory(
      clock => new Blocking(clock),
      SESSIONS,
      0,
    )
    expect(longestPause(sweep.pauses)).toBeGreaterThan(100)
    expect(longestPause(sweepWhileServing.pauses)).toBeGreaterThan(100)
    expect(create.turns).toBeGreaterThan(SESSIONS / 10)
  })

  it('are looked at: a store that loses one, or mixes two up, is not measured', async () => {
    class Losing extends MemoryStore {
      #created = 0
      override create(id: string, data: Uint8Array, expiresAt: number): string | undefined {
        const token = super.create(id, data, expiresAt)
        // After those that warm up.
        if (++this.#created === SESSIONS) this.delete(id)
        return token
      }
    }
    class Confused extends MemoryStore {
      #last: string | undefined
      override create(id: string, data: Uint8Array, expiresAt: number): string | undefined {
        this.#last = id
        return super.create(id, data, expiresAt)
      }
      override load(id: string): ReturnType<MemoryStore['load']> {
        return super.load(id) && super.load(this.#last ?? id)
      }
    }
    const measured = (Store: typeof MemoryStore) => measureMemory(clock => new Store({ clock }), SESSIONS, 0)
    await expect(measured(Losing)).rejects.toThrow(`${SESSIONS - 1} live sessions in place of ${SESSIONS}`)
    await expect(measured(Confused)).rejects.toThrow(/^Session \d+ holds the user \d+$/)
  })
})

describe('a pause', () => {
  const pause = (start: number, length: number, rest: Partial<Pause> = {}): Pause => ({
    start,
    length,
    waiting: 0,
    cpu: length,
    ...rest,
  })

  it('is seen, also in the last turn', async () => {
    const { pauses, milliseconds, turns } = await watch(async () => blockFor(20))
    expect(longestPause(pauses)).toBeGreaterThanOrEqual(20)
    expect(milliseconds).toBeGreaterThanOrEqual(20)
    expect(turns).toBeGreaterThan(0)
  })

  it('is ours but for what the garbage collector and other processes took', () => {
    expect(longest([pause(0, 10)], [])).toEqual({ all: 10, collector: 0, ours: 10 })
    // One collection within another, one that began before, one that goes on, one of another time.
    const collections = [
      { start: 0, length: 101 },
      { start: 102, length: 3 },
      { start: 103, length: 1 },
      { start: 109, length: 50 },
      { start: 500, length: 9 },
    ]
    expect(longest([pause(100, 10)], collections)).toEqual({ all: 10, collector: 5, ours: 5 })
    expect(longest([pause(0, 10, { waiting: 7 })], []).ours).toBe(3)
    expect(longest([pause(0, 10, { cpu: 2 })], []).ours).toBe(2)
    expect(longest([pause(200, 8), pause(300, 6)], [{ start: 200, length: 7 }])).toEqual({
      all: 8,
      collector: 7,
      ours: 6,
    })
  })
})

describe('the command', () => {
  const script = fileURLToPath(new URL('../dist/scale.js', import.meta.url))

  it('measures memory and files, each in a process of its own, and prints what it found', () => {
    const flags = [
      '--sessions',
      '1000',
      '--stored',
      '200',
      '--seconds',
      '0.2',
      '--only',
      'memory,map,file',
      '--directory',
      tmpdir(),
    ]
    const report = execFileSync(process.execPath, [script, ...flags], { encoding: 'utf8', stdio: 'pipe' })
    expect(report).toContain('### 1,000 sessions in memory')
    expect(report).toMatch(/^\| @sess\/core memory \| [\d,]+ \|/m)
    expect(report).toMatch(/^\| sweeping while serving \| one Map, swept in one go \| [\d.]+ \|/m)
    expect(report).toMatch(/^\| changes one key \| @sess\/file: files \| [\d,]+ \| [\d,]+ \|/m)
    expect(report).toMatch(/^\| @sess\/file \| 180 \|/m)
  }, 60_000)
})
