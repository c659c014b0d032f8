// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what files hold
import { readFile } from 'node:fs/promises'
import { readConfig } from '@sess/config'
import { expect, it } from 'vitest'
import { configError, newConf, setEnvironment } from './support/conf.ts'

const text = `
sessionname = common
sessiongcmaxlifetime = 60
sessiondomain = example.org

[prod]
sessionname = of-prod

[Dev]
SessionName = of-dev
sessiondomain =
sessionidlength = 32
`

async function nameIn(mode: string): Promise<string | undefined> {
  return readConfig(await newConf(mode + text)).options.cookieName
}

it.each([
  ['', 'of-prod'],
  ['runmode = dev', 'of-dev'],
  ['RunMode = "DEV"', 'of-dev'],
  ['runmode = ${SESS_TEST_NO_SUCH_MODE||dev}', 'of-dev'],
  ['runmode =', 'of-prod'],
  ['runmode = prod\nrunmode = dev', 'of-dev'],
  ['runmode = test', 'common'],
  ['runmode = default', 'common'],
])('takes the section of the run mode over the rest: %j', async (mode, name) => {
  expect(await nameIn(mode)).toBe(name)
})

it('takes the run mode of the environment over that of the file', async () => {
  setEnvironment({ BEEGO_RUNMODE: 'dev' })
  expect(await nameIn('runmode = prod')).toBe('of-dev')
  setEnvironment({ BEEGO_RUNMODE: '' })
  expect(await nameIn('runmode = test')).toBe('common')
})

it('leaves to the rest what the section does not set, or sets to nothing', async () => {
  const { options } = readConfig(await newConf(`runmode = dev${text}`))
  expect(options).toMatchObject({
    cookieName: 'of-dev',
    maxLifetime: 60,
    domain: 'example.org',
    idLength: 32,
  })
})

it('checks the section of the run mode, and no other', async () => {
  const path = await newConf('sessionname = x\n[prod]\nsessionnaem = y\n[dev]\nsessionon = perhaps')
  expect(await configError(() => readConfig(path))).toMatch(`${path}:3: unknown key 'sessionnaem'`)
  setEnvironment({ BEEGO_RUNMODE: 'dev' })
  expect(await configError(() => readConfig(path))).toMatch(`${path}:5: sessionOn must be true or false`)
  setEnvironment({ BEEGO_RUNMODE: 'test' })
  expect(readConfig(path).options.cookieName).toBe('x')
})

it('takes the environment over the file', async () => {
  setEnvironment({
    SESS_SESSIONON: 'true',
    SESS_SESSIONPROVIDER: 'redis',
    SESS_SESSIONPROVIDERCONFIG: '10.0.0.1:6379,100,s#cret',
    SESS_SESSIONNAME: 'of-environment',
    SESS_SESSIONDOMAIN: '',
  })
  const path = await newConf(`sessionon = false\nsessionsavepath = ./tmp${text}`)
  expect(readConfig(path)).toMatchObject({
    sessionOn: true,
    provider: 'redis',
    options: {
      cookieName: 'of-environment',
      domain: 'example.org',
      providerConfig: '10.0.0.1:6379,100,s#cret',
    },
  })
})

it.each([
  ['SESS_SESSIONPROVIDOR', 'redis', "SESS_SESSIONPROVIDOR: unknown key 'sessionprovidor'; there are"],
  ['SESS_SESSIONON', 'perhaps', 'SESS_SESSIONON: sessionOn must be true or false'],
])('says what is wrong with %s=%s', async (name, value, message) => {
  setEnvironment({ [name]: value })
  const path = await newConf('')
  expect(await configError(() => readConfig(path))).toMatch(message)
})

it('reads the file of the README', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const path = await newConf(/```ini\n(.*?)```/s.exec(readme)?.[1] ?? '')
  const common = { sessionOn: true }
  expect(readConfig(path)).toMatchObject({
    ...common,
    provider: 'redis',
    options: { cookieName: 'shopsession', providerConfig: '127.0.0.1:6379,100' },
  })
  setEnvironment({ BEEGO_RUNMODE: 'dev' })
  expect(readConfig(path)).toMatchObject({
    ...common,
    provider: 'file',
    options: { providerConfig: './tmp' },
  })
})
