import { readFileSync } from 'node:fs'
import { checksOf, leftOut } from '@sess/testkit'
import { expect, test } from 'vitest'
import { memory } from './support/memory.ts'

const checks = checksOf(memory)

test('what is left out is there to be left out', () => {
  for (const { group, rules = [] } of leftOut) {
    const names = checks.filter(check => check.group === group).map(check => check.name)
    expect(names.length, group).toBeGreaterThan(0)
    for (const rule of rules) expect(names, group).toContain(rule)
  }
})

test('nothing is left out for record stores', () => {
  expect(leftOut.filter(each => each.kind === 'record')).toEqual([])
})

test('every rule has a name of its own in its group', () => {
  const names = checks.map(check => `${check.group} / ${check.name}`)
  expect(new Set(names).size).toBe(names.length)
})

test('the README has every group, and every reason to leave something out', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  for (const group of new Set(checks.map(check => check.group))) expect(readme).toContain(`| \`${group}\` |`)
  for (const { why } of leftOut) expect(readme.replaceAll(/\s+/g, ' ')).toContain(why)
})
