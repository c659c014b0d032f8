import { readFileSync } from 'node:fs'
import { newManager } from '@sess/core'
import { testEngine } from '@sess/testkit'
import { expect, test } from 'vitest'
import { ownProvider } from './own-provider.ts'

test('the README shows this very engine, in forty lines', () => {
  const source = readFileSync(new URL('own-provider.ts', import.meta.url), 'utf8')
  expect(source.trimEnd().split('\n')).toHaveLength(40)
  expect(readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')).toContain(
    source.replace('export function', 'function'),
  )
})

test('it makes a manager by its name', async () => {
  const manager = await newManager('own')
  expect(manager.capabilities.kind).toBe('provider')
  await manager.close()
})

testEngine({
  name: 'the engine in the README',
  create: ({ clock }) => {
    const provider = ownProvider(clock)
    return { connect: () => provider }
  },
})
