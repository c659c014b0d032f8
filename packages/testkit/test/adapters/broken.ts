import type { IncomingMessage } from 'node:http'
import type { AdapterOptions } from '@sess/core/adapter'
import { runAdapterChecks } from '@sess/testkit/adapter'
import { expect } from 'vitest'
import { type PlainAdapter, plain, type Sessions } from './plain.ts'

/** An adapter that breaks one rule, and the checks that are there to catch it. */
export interface Broken {
  readonly name: string
  readonly AdapterClass: new (sessions: Sessions, options: AdapterOptions<IncomingMessage>) => PlainAdapter
  /** Every check that fails, as `group / name`, and no other. `*` stands for any text. */
  readonly fails: readonly string[]
}

/** Runs the whole kit, and fails unless it catches this adapter where it should and nowhere else. */
export async function expectCaught({ name, AdapterClass, fails }: Broken): Promise<void> {
  const results = await runAdapterChecks(plain(name, AdapterClass))
  const failed = results
    .filter(({ outcome }) => outcome === 'failed')
    .map(({ group, name }) => `${group} / ${name}`)
  const patterns = fails.map(text => [text, patternOf(text)] as const)
  const unexpected = failed.filter(each => !patterns.some(([, pattern]) => pattern.test(each)))
  const missed = patterns.filter(([, pattern]) => !failed.some(each => pattern.test(each)))
  expect({ unexpected, missed: missed.map(([text]) => text) }).toEqual({ unexpected: [], missed: [] })
  expect(fails.length).toBeGreaterThan(0)
}

function patternOf(text: string): RegExp {
  return new RegExp(`^${text.split('*').map(escaped).join('.*')}$`)
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}
