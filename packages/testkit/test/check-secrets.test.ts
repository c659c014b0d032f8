import { configError } from '@sess/core/engine'
import { checkSecrets } from '@sess/testkit'
import { describe, expect, test, vi } from 'vitest'

const url = 'own://app:{secret}@127.0.0.1:1'

/** An opener that takes what is a URL of its own. */
function open(config: unknown, wrong: (text: string) => Error): void {
  const text = typeof config === 'string' ? config : String((config as { password: unknown }).password)
  if (!/^own:\/\/app:[\w%-]+@127\.0\.0\.1:1$/.test(text)) throw wrong(text)
}

describe('an engine whose errors show', () => {
  test.each<[string, (text: string) => Error]>([
    ['the whole string', text => new Error(`cannot read ${text}`)],
    ['its beginning', text => new Error(`cannot read ${text.slice(0, 24)}…`)],
    ['it in lower case', text => new Error(`no such host: ${text.toLowerCase()}`)],
    ['what is behind a question mark', text => new Error(`unknown parameter ${text.split('?')[1] ?? ''}`)],
    [
      'what is between an @ and the next one',
      text => new Error(`no such host: ${text.split('@').slice(1, -1)}`),
    ],
    ['a number', text => new Error(`no such database: ${/\d{7,}/.exec(text)?.[0] ?? 0}`)],
    ['it in the message of the cause', text => configError('own', 'is wrong', new Error(text))],
    ['it in a property of the cause', text => configError('own', 'is wrong', { input: text })],
    ['it in a property of the error', text => Object.assign(new Error('is wrong'), { input: text })],
    [
      'it in a hidden property',
      text => Object.defineProperty(new Error('is wrong'), 'input', { value: text }),
    ],
    ['it in one of several errors', text => new AggregateError([new Error(text)], 'is wrong')],
  ])('%s is found out', async (_, wrong) => {
    await expect(checkSecrets({ configs: [url], open: text => open(text, wrong) })).rejects.toThrow(
      /an error shows a part of the secret/,
    )
  })

  test('the password of an object is found out', async () => {
    const configs = [{ host: 'a', nodes: ['a'], password: '{secret}' }]
    await expect(
      checkSecrets({ configs, open: config => open(config, text => new Error(text)) }),
    ).rejects.toThrow(/an error shows a part of the secret/)
  })
})

test('an engine whose errors name fields only passes, and what it opened is closed', async () => {
  const close = vi.fn()
  const opened = vi.fn()
  await checkSecrets({
    configs: [url, { host: 'a', port: 5, password: url }, { tls: { ca: '{secret}' }, password: 5 }],
    open: async config => {
      open(config, () => configError('own', ": 'password' is wrong"))
      opened()
      return { close }
    },
    runs: 300,
  })
  expect(close).toHaveBeenCalled()
  expect(close).toHaveBeenCalledTimes(opened.mock.calls.length)
})

test('configurations that all work prove nothing, which is a failure', async () => {
  await expect(checkSecrets({ configs: [url], open: () => undefined, runs: 20 })).rejects.toThrow(
    /no configuration failed/,
  )
})
