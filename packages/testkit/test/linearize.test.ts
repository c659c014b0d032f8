import { expect, test } from 'vitest'
import { isLinearizable, type Operation } from '../src/lib/linearize.ts'

const write = (begin: number, end: number, value: number): Operation<number> => ({
  name: `write ${value}`,
  begin,
  end,
  apply: () => value,
})

const read = (begin: number, end: number, seen: number): Operation<number> => ({
  name: `read ${seen}`,
  begin,
  end,
  apply: value => (value === seen ? value : undefined),
})

const explains = (...operations: Operation<number>[]) => isLinearizable(0, operations, String)

test('a read sees what was written before it', () => {
  expect(explains(write(0, 1, 5), read(2, 3, 5))).toBe(true)
  expect(explains(write(0, 1, 5), read(2, 3, 0))).toBe(false)
  expect(explains(write(0, 1, 5), read(2, 3, 6))).toBe(false)
})

test('what overlaps may have happened in either order', () => {
  expect(explains(write(0, 3, 5), read(1, 2, 0))).toBe(true)
  expect(explains(write(0, 3, 5), read(1, 2, 5))).toBe(true)
  expect(explains(write(0, 3, 1), write(1, 4, 2), read(5, 6, 1))).toBe(true)
  expect(explains(write(0, 3, 1), write(1, 4, 2), read(5, 6, 2))).toBe(true)
})

test('two readers must agree on one order', () => {
  expect(explains(write(0, 9, 1), write(0, 9, 2), read(10, 11, 1), read(12, 13, 1))).toBe(true)
  expect(explains(write(0, 9, 1), write(0, 9, 2), read(10, 11, 1), read(12, 13, 2))).toBe(false)
})

test('a lost write is not explained', () => {
  expect(explains(write(0, 1, 1), write(2, 3, 2), read(4, 5, 1))).toBe(false)
})
