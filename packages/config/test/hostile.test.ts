import { isSessionError } from '@sess/core'
import { checkSecrets } from '@sess/testkit'
import { expect, it } from 'vitest'
import { readConfig } from '../src/lib/read-config.ts'
import { configError, newConf } from './support/conf.ts'

const heads = [
  '',
  'sessionon = ',
  'sessionname = "',
  'sessionname = "x',
  'sessionname = ${',
  'sessionname = ${A||',
  'sessiongcmaxlifetime = ',
  'sessionconfig = ',
  'sessionconfig = {"cookieName":"',
  'sessionconfig = {"',
  'include ',
  '[',
  'session',
]
const parts = [
  'a',
  '"',
  '=',
  '[',
  ']',
  '{',
  '}',
  '|',
  '||',
  '$',
  '${',
  ' ',
  '\t',
  '#',
  '1',
  ',omitempty',
  '\\\\',
  '.',
  '-',
]

it('reads lines of 100,000 characters in time that grows with their length alone', async () => {
  for (const head of heads)
    for (const part of parts)
      for (const end of ['', 'x', '"', '}']) {
        const path = await newConf(head + part.repeat(100_000 / part.length) + end)
        const start = process.cpuUsage()
        try {
          readConfig(path)
        } catch (error) {
          expect(isSessionError(error, 'ERR_CONFIG'), `${head} ${part} ${end}`).toBe(true)
        }
        expect(process.cpuUsage(start).user / 1000, `${head} ${part} ${end}`).toBeLessThan(1000)
      }
}, 120_000)

it('shows no part of a secret in an error, in whichever line it is', async () => {
  await checkSecrets({
    runs: 300,
    configs: [
      'sessionon = true\nsessionhashkey: {secret}=',
      'sessionhashkey {secret} = x',
      'sessionon = {secret}',
      'sessiongcmaxlifetime = {secret}',
      'sessionproviderconfig = redis://:{secret}@db\nsessionidlength = 1',
      'sessionconfig = {"providerConfig":"{secret}","maxLifetime":"x"}',
      'sessionconfig = {"{secret}":"x"}',
      'sessionconfig = {secret}',
      'sessionhashkey = "a\n{secret}"',
      { sessionHashKey: ['{secret}', 5] },
      { sessionOn: '{secret}' },
      { sessionGCMaxLifetime: '{secret}' },
      { sessionConfig: '{"sessionIDHashKey":"{secret}","secure":"x"}' },
    ],
    open: async config => readConfig(typeof config === 'string' ? await newConf(config) : (config as object)),
  })
})

it.each([
  'redis://app:s3cr3t@127.0.0.1:6379',
  '/5redis://app:s3cr3t@127.0.0.1:6379',
  'app:s3cr3t@tcp(127.0.0.1:3306)/app',
  'sessionon = true\nsessionhashkey = s3cr3t',
  'sessionHashKey=s3cr3t',
])('refuses a text that is not the path of a file, and does not show it: %j', async text => {
  expect(await configError(() => readConfig(text))).toBe(
    "config: must be the path of an app.conf, e.g. './conf/app.conf'",
  )
})

it.each([
  ['a map', new Map([['sessionOn', true]])],
  ['a URL', new URL('file:///app.conf')],
  ['a buffer', Buffer.from('app.conf')],
  ['a promise', Promise.resolve({ sessionOn: true })],
  ['a function', () => ({ sessionOn: true })],
])('refuses %s, which is no object of settings', async (_, config) => {
  expect(await configError(() => readConfig(config as object))).toMatch(
    /^config: must be the path of an app\.conf/,
  )
})
