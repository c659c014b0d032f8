import { Agent } from 'node:http'
import { newManager } from '@sess/core'
import { isSessionError } from '@sess/core/engine'
import '@sess/couchbase'
import { checkSecrets } from '@sess/testkit'
import { expect, it } from 'vitest'
import { readConfig } from '../src/lib/couchbase-config.ts'

/** What is connected, as whom, and where the documents are. */
function summary(config: unknown): unknown[] {
  const { source, bucket, scope, collection } = readConfig(config)
  if ('client' in source) return [source.client, bucket, scope, collection]
  const { username, password } = source.options
  return [source.connectionString, username, password, bucket, `${scope}.${collection}`]
}

const fields = { username: 'app', password: 'secret', bucket: 'sessions' }

it.each([
  [
    'http://bucketname:bucketpass@myserver:8091',
    ['couchbase://myserver', 'bucketname', 'bucketpass', 'bucketname', '_default._default'],
  ],
  [
    'http://bucketname:bucketpass@myserver',
    ['couchbase://myserver', 'bucketname', 'bucketpass', 'bucketname'],
  ],
  ['http://b:p%40ss%2F@myserver:8091/', ['couchbase://myserver', 'b', 'p@ss/', 'b']],
  ['http://b:p@ss@myserver:8091', ['couchbase://myserver', 'b', 'p@ss', 'b']],
  ['https://b:p@myserver:18091', ['couchbases://myserver', 'b', 'p', 'b']],
  ['http://b:p@[::1]:8091', ['couchbase://[::1]', 'b', 'p', 'b']],
  ['http://app:secret@host:8091/,default,sessions', ['couchbase://host', 'app', 'secret', 'sessions']],
  ['http://app:secret@host:8091/, default, sessions', ['couchbase://host', 'app', 'secret', 'sessions']],
  [
    '{ "save_path": "http://app:secret@host:8091/", "pool": "default", "bucket": "sessions" }',
    ['couchbase://host', 'app', 'secret', 'sessions'],
  ],
  ['couchbase://app:secret@db1.local/sessions', ['couchbase://db1.local', 'app', 'secret', 'sessions']],
  [
    'couchbases://app:p%25%3F@db1:11207,db2/sessions?scope=web&collection=live&network=external&durability=majority',
    ['couchbases://db1:11207,db2?network=external', 'app', 'p%?', 'sessions', 'web.live'],
  ],
  [
    { connectionString: 'couchbase://db1', ...fields, scope: 'web', collection: 'live' },
    ['couchbase://db1', 'app', 'secret', 'sessions', 'web.live'],
  ],
  [
    { connectionString: 'couchbase://a:b@db1/x?collection=y', ...fields },
    ['couchbase://db1', 'app', 'secret', 'sessions', '_default.y'],
  ],
  [
    {
      connectionString: 'couchbase://db1',
      bucket: 'sessions',
      options: { username: 'app', password: 'secret' },
    },
    ['couchbase://db1', 'app', 'secret', 'sessions'],
  ],
  [
    JSON.stringify({ connectionString: 'couchbase://db1', ...fields }),
    ['couchbase://db1', 'app', 'secret', 'sessions'],
  ],
])('understands %j', (config, expected) => {
  expect(summary(config).slice(0, expected.length)).toEqual(expected)
})

it.each([
  [
    undefined,
    /must be a connection string, e\.g\. 'couchbase:\/\/app:secret@db1\.local\/sessions', or an object/,
  ],
  ['', /must be a connection string/],
  [5, /is a number; it must be a connection string/],
  [new Map(), /is an instance of 'Map'; it must be a connection string/],
  [new URL('couchbase://app:pass-word@db1/x'), /is an instance of 'URL'; it must be/],
  [Promise.resolve({}), /is an instance of 'Promise'; it must be/],
  [new Agent(), /is an instance of 'Agent'; it must be/],
  ['[1]', /not of the form/],
  ['couchbase://app:pass-word?a@db1/sessions', /have to be written as '%40', '%2F' and '%3F'/],
  ['couchbase://app:pass-word/a@db1', /a host is not|have to be written as/],
  ['couchbase://app:pass-word/a@db1/sessions', /not of the form/],
  ['couchbase://app:pass-word/sessions', /a host is not of the form name or name:port/],
  [{ connectionString: 'couchbase://db1', ...fields, options: new Map() }, /'options' must be those of/],
  [['couchbase://db1'], /must be a connection string/],
  ['127.0.0.1:11210', /not of the form 'couchbase:\/\/app:secret@/],
  ['couchbase2://app:pass-word@db1/sessions', /not of the form/],
  ['couchbase://app:pass-word@db1', /'bucket' is missing: name it, as in 'couchbase:/],
  ['couchbase://db1/sessions', /no credentials; put them as in 'couchbase:/],
  ['couchbase://app@db1/sessions', /'password' is missing; put it as in 'couchbase:/],
  ['couchbase://app:pass-word%@db1/sessions', /'%' in user, password or bucket has to be written as '%25'/],
  ['couchbase://app:pass-word@db1/sessions?durability=all', /'durability' must be one of none, majority, /],
  [
    'http://app:pass-word@host:9000',
    /the port is not .*\(8091\).* 'couchbase:\/\/app:secret@db1\.local\/sessions'/,
  ],
  [
    'https://app:pass-word@host:8091',
    /the port is not .*\(18091\).* 'couchbases:\/\/app:secret@db1\.local\/sessions'/,
  ],
  [
    'http://host:8091/,default,sessions',
    /no credentials, .* 'couchbase:\/\/app:secret@db1\.local\/sessions'/,
  ],
  [
    '{"save_path":"http://host:8091/","pool":"default","bucket":"x"}',
    /no credentials, .*app:secret@db1\.local\/sessions'/,
  ],
  ['{"save_path":"http://a:b@host:8091/","pol":"default"}', /unknown field 'pol' beside 'save_path'/],
  ['http://app:pass-word@host:8091,other,sessions', /no such pool; Couchbase has one pool, 'default'/],
  ['http://app:pass-word@host:8091/pools', /is 'http:\/\/bucketname:bucketpass@myserver:8091'/],
  ['{"connectionString"', /starts as JSON, but is not JSON/],
  [{ connectionstring: 'couchbase://db1' }, /unknown field 'connectionstring'/],
  [fields, /'connectionString' is missing/],
  [{ connectionString: 5, ...fields }, /'connectionString' must be a text/],
  [
    { connectionString: 'couchbase://db1', ...fields, bucket: '' },
    /'bucket' must be a text that is not empty/,
  ],
  [
    { connectionString: 'couchbase://db1', ...fields, prefix: 5 },
    /'prefix' must be a text of at most 100 bytes/,
  ],
  [
    { connectionString: 'couchbase://db1', ...fields, prefix: 'x'.repeat(101) },
    /'prefix' must be a text of at most/,
  ],
  [{ connectionString: 'couchbase://db1', ...fields, durability: 1 }, /'durability' must be one of/],
  [
    { connectionString: 'couchbase://db1', ...fields, options: 'x' },
    /'options' must be those of the SDK's connect/,
  ],
  [{ connectionString: 'couchbase://db1', ...fields, scope: 'web' }, /'scope' needs a 'collection', e\.g\./],
  [{ client: {} }, /'client' must be a cluster, bucket or collection/],
])('says what is wrong with %j', async (config, message) => {
  const error = await newManager('couchbase', { providerConfig: config as string }).catch(error => error)
  expect(isSessionError(error, 'ERR_CONFIG')).toBe(true)
  expect(error.message).toMatch(/^providerConfig of the couchbase engine/)
  expect(error.message).toMatch(message)
  expect(error.message).not.toContain('pass-word')
})

it('shows no part of a secret in an error, wherever it is and however it is written', async () => {
  await checkSecrets({
    configs: [
      'couchbase://app:{secret}@127.0.0.1:1/sessions?durability=all',
      'couchbase://app:{secret}@127.0.0.1:1',
      'couchbase://{secret}@127.0.0.1/sessions',
      'couchbases://app:{secret}@a,b/sessions?scope=web',
      'http://app:{secret}@myserver:9000',
      'http://app:{secret}@myserver:8091/,other,sessions',
      'app:{secret}@db1',
      '{"save_path":"http://app:{secret}@host:9000/","bucket":"sessions"}',
      '{"connectionString":"couchbase://db1","username":"app","password":"{secret}"}',
      '{"connectionString":"couchbase://db1","passwort":"{secret}"}',
      { connectionString: 'couchbase://app:{secret}@db1/sessions', durability: 'all' },
      { connectionString: 'couchbase://db1', username: 'app', password: '{secret}' },
      { connectionString: 'couchbase://db1', username: 'app', password: ['{secret}'], bucket: 'sessions' },
      { connectionString: 'couchbase://db1', bucket: 'b', options: { password: '{secret}' } },
    ],
    // What a server's error would show.
    open: config => {
      const { source, bucket, scope, collection } = readConfig(config)
      throw new Error(`${'client' in source || source.connectionString} ${bucket}.${scope}.${collection}`)
    },
  })
  // Where the host is missing, a secret with an '@' in it names one.
  await checkSecrets({
    configs: ['couchbase://app:{secret}/sessions', 'http://app:{secret}'],
    open: readConfig,
  })
})

it('reads texts of 100,000 characters in time that grows with their length alone', () => {
  const parts = [
    'a',
    ':',
    '@',
    '/',
    ',',
    '%',
    '?',
    '&',
    '=',
    '[',
    'a@',
    'a:',
    '%4',
    '//',
    ',a',
    ' ',
    '\\"',
    '{',
  ]
  for (const head of [
    '',
    'couchbase://',
    'couchbase://a:b@',
    'couchbase://a:b@h/',
    'couchbase://a:b@h/c?',
    'http://',
    'http://a:b@',
    'http://a:b@h:8091/,',
    '{"save_path":"',
  ])
    for (const part of parts) {
      const text = head + part.repeat(100_000 / part.length)
      const start = process.cpuUsage()
      for (const end of ['', '\n', '@', '"}'])
        try {
          readConfig(text + end)
        } catch (error) {
          expect(isSessionError(error, 'ERR_CONFIG'), `${head} ${part}`).toBe(true)
        }
      expect(process.cpuUsage(start).user / 1000, `${head} ${part}`).toBeLessThan(1000)
    }
})
