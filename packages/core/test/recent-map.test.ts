import { describe, expect, it } from 'vitest'
import { RecentMap } from '../src/lib/recent-map.ts'

describe('a recent map', () => {
  it('holds the last ones', () => {
    const map = new RecentMap<number>(10)
    for (let i = 0; i < 100; i++) map.set(`key ${i}`, i)
    for (let i = 90; i < 100; i++) expect(map.get(`key ${i}`)).toBe(i)
    expect(map.get('key 79')).toBeUndefined()
  })

  it('never holds more than twice its size', () => {
    const map = new RecentMap<number>(10)
    for (let i = 0; i < 1000; i++) map.set(`key ${i}`, i)
    const held = Array.from({ length: 1000 }, (_, i) => i).filter(i => map.get(`key ${i}`) !== undefined)
    expect(held.length).toBeGreaterThanOrEqual(10)
    expect(held.length).toBeLessThanOrEqual(20)
  })

  it('keeps what is asked for, however many others come', () => {
    const map = new RecentMap<number>(10)
    map.set('asked for', -1)
    for (let i = 0; i < 1000; i++) {
      map.set(`key ${i}`, i)
      expect(map.get('asked for')).toBe(-1)
    }
  })

  it('replaces', () => {
    const map = new RecentMap<number>(10)
    map.set('key', 1)
    map.set('key', 2)
    expect(map.get('key')).toBe(2)
  })
})
