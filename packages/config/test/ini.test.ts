// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what files hold
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { readIni } from '../src/lib/ini.ts'
import { configError, newConf, setEnvironment } from './support/conf.ts'

async function valuesOf(text: string | Buffer, others?: Record<string, string>): Promise<object> {
  const lines = readIni(await newConf(text, others))
  return Object.fromEntries(lines.map(({ section, key, value }) => [`${section}::${key}`, value]))
}

it('reads what the original tests its reader with', async () => {
  setEnvironment({ SESS_TEST_GOPATH: '/go' })
  const text = `
;comment one
#comment two
appname = beeapi
PI = 3.1415976
runmode = "dev"
session= on
newreg = OFF
path1 = \${SESS_TEST_GOPATH}
path2 = \${SESS_TEST_GOPATH||/usr/share/go}
[demo]
key1="asta"
key2 = "xie"
CaseInsensitive = true
peers = one;two;three
password = \${SESS_TEST_GOPATH}
`
  expect(await valuesOf(text)).toEqual({
    'default::appname': 'beeapi',
    'default::pi': '3.1415976',
    'default::runmode': 'dev',
    'default::session': 'on',
    'default::newreg': 'OFF',
    'default::path1': '/go',
    'default::path2': '/go',
    'demo::key1': 'asta',
    'demo::key2': 'xie',
    'demo::caseinsensitive': 'true',
    'demo::peers': 'one;two;three',
    'demo::password': '/go',
  })
})

it.each([
  // A comment is a whole line: what looks like one in a value is a part of it.
  ['127.0.0.1:6379;127.0.0.1:6380,100,astaxie', '127.0.0.1:6379;127.0.0.1:6380,100,astaxie'],
  ['user:p#ss;w=rd@tcp(127.0.0.1:3306)/app?a=1&b=2', 'user:p#ss;w=rd@tcp(127.0.0.1:3306)/app?a=1&b=2'],
  ['http://bucket:pass@myserver:8091 # prod', 'http://bucket:pass@myserver:8091 # prod'],
  // Only a value that begins with a double quote is unquoted, and nothing is unescaped.
  ['"  spaced  "', '  spaced  '],
  ['"C:\\temp\\new"', 'C:\\temp\\new'],
  ['""twice""', 'twice'],
  ['"open', 'open'],
  ['say "hello"', 'say "hello"'],
  ["'single'", "'single'"],
  ['{"cookieName":"x","gclifetime":60}', '{"cookieName":"x","gclifetime":60}'],
  ['"{"cookieName":"x"}"', '{"cookieName":"x"}'],
  ['true', 'true'],
  ['[x]', '[x]'],
  ['', ''],
  ['"', ''],
  // The environment.
  ['${SESS_TEST_A}', 'a value'],
  ['"${SESS_TEST_A}"', 'a value'],
  ['${SESS_TEST_A||other}', 'a value'],
  ['${SESS_TEST_EMPTY||other}', 'other'],
  ['${SESS_TEST_NONE||other=1;2 # 3}', 'other=1;2 # 3'],
  ['${SESS_TEST_NONE||{"a":1}}', '{"a":1}'],
  ['${SESS_TEST_NONE||}', ''],
  ['${SESS_TEST_NONE}', ''],
  ['${}', ''],
  ['$ {SESS_TEST_A}', '$ {SESS_TEST_A}'],
  ['x${SESS_TEST_A}', 'x${SESS_TEST_A}'],
  ['${SESS_TEST_A} x', '${SESS_TEST_A} x'],
])('reads the value %s', async (text, value) => {
  setEnvironment({ SESS_TEST_A: 'a value', SESS_TEST_EMPTY: '' })
  expect(await valuesOf(`key = ${text}`)).toEqual({ 'default::key': value })
})

it.each([
  ['\r\nKey=1\r\n\tother =  2 \r\n', { 'default::key': '1', 'default::other': '2' }],
  ['key = 1\nKEY = 2', { 'default::key': '2' }],
  [
    '[Prod]\nKey = 1\n[dev]\nkey = 2\n[PROD]\nother = 3',
    { 'prod::key': '1', 'dev::key': '2', 'prod::other': '3' },
  ],
  ['[toString]\ncall = 1\n[__proto__]\nx = 2', { 'tostring::call': '1', '__proto__::x': '2' }],
  ['[a.b]\nc.d = 1', { 'a.b::c.d': '1' }],
  ['prod::key = 1', { 'default::prod::key': '1' }],
  ['include = 1', { 'default::include': '1' }],
  ['[prod]\ra = 1\rb = 2', { 'prod::a': '1', 'prod::b': '2' }],
])('reads the file %j', async (text, values) => {
  expect(await valuesOf(text)).toEqual(values)
})

it('leaves out a byte order mark', async () => {
  expect(await valuesOf(Buffer.from('\uFEFFkey = 1'))).toEqual({ 'default::key': '1' })
})

it('includes files where they are named, and starts anew in each', async () => {
  const text = 'a = 1\nb = 1\n[prod]\ninclude "Other.conf"\nc = 1'
  const others = { 'Other.conf': 'b = 2\nc = 2\ninclude third.conf\n[dev]\na = 2', 'third.conf': 'd = 3' }
  expect(await valuesOf(text, others)).toEqual({
    'default::a': '1',
    'default::b': '2',
    'default::c': '2',
    'default::d': '3',
    'dev::a': '2',
    'prod::c': '1',
  })
})

it('says where every line is', async () => {
  const path = await newConf('# one\n\na = 1\ninclude "other.conf"\nb = 1', { 'other.conf': '\nc = 1' })
  const other = join(dirname(path), 'other.conf')
  expect(readIni(path).map(({ key, at }) => [key, at])).toEqual([
    ['a', `${path}:3`],
    ['c', `${other}:2`],
    ['b', `${path}:5`],
  ])
})

it.each([
  ['a = 1\nsecret-of-a-broken-line', 2],
  ['[prod', 1],
  ['[half = 1', 1],
  ['include', 1],
  ['include "a file.conf"', 1],
  ['included other.conf', 1],
])('says where %j is broken, and does not show it', async (text, line) => {
  const path = await newConf(text)
  expect(await configError(() => readIni(path))).toBe(
    `${path}:${line}: must be 'key = value', '[section]', 'include "other.conf"' or a comment after # or ;`,
  )
})

it('says which file is missing, and who includes it', async () => {
  const path = await newConf('\ninclude "other.conf"')
  const other = join(dirname(path), 'other.conf')
  expect(await configError(() => readIni(path))).toMatch(
    `${path}:2: ${other} cannot be read: there is no such file`,
  )
  expect(await configError(() => readIni('./no/such.conf'))).toMatch(
    /^\.\/no\/such\.conf: \/.*\/no\/such\.conf cannot be read: there is no such file\. Give the path of an app\.conf$/,
  )
  expect(await configError(() => readIni(dirname(path)))).toMatch(/cannot be read: EISDIR/)
})

it('does not follow files that include each other for ever', async () => {
  const path = await newConf('include "other.conf"', { 'other.conf': 'include "app.conf"' })
  const other = join(dirname(path), 'other.conf')
  expect(await configError(() => readIni(path))).toBe(
    `${other}:1: includes ${path}, which includes this file`,
  )
})
