import { readConfig } from '@sess/config'
import { expect, it } from 'vitest'
import { configError, newConf } from './support/conf.ts'

const defaults = {
  cookieName: 'beegosessionID',
  maxLifetime: 3600,
  providerConfig: '',
  hashFunc: 'sha1',
  cookieLifeTime: 0,
}

it.each([
  ['{}', {}],
  [
    '{"cookieName":"gosessionid","enableSetCookie,omitempty": true,"gclifetime":60,"ProviderConfig":"./tmp"}',
    { cookieName: 'gosessionid', setCookie: true, maxLifetime: 60, providerConfig: './tmp' },
  ],
  ['{"gclifetime":60,"maxLifetime":90}', { maxLifetime: 90 }],
  ['{"maxLifetime":90,"Gclifetime":60}', { maxLifetime: 90 }],
  ['{"maxLifetime":0,"gclifetime":60}', { maxLifetime: 60 }],
  ['{"COOKIENAME":"a","cookiename":"b"}', { cookieName: 'b' }],
  ['{"enableSetCookie":false}', { setCookie: false }],
  ['{"secure":true}', { secure: true }],
  ['{"secure":false}', { secure: false }],
  ['{"secure":"always"}', { secure: 'always' }],
  ['{"cookieLifeTime":120,"domain":"example.org"}', { cookieLifeTime: 120, domain: 'example.org' }],
  ['{"sessionIDLength":24,"sessionIDPrefix":"p:"}', { idLength: 24, idPrefix: 'p:' }],
  ['{"cookieSameSite":3,"disableHTTPOnly":true}', { sameSite: 'strict', httpOnly: false }],
  ['{"EnableSidInHTTPHeader":true}', { headerName: 'Beegosessionid' }],
  ['{"enablesidinhttpheader":true,"SessionNameInHTTPHeader":"X-Sid"}', { headerName: 'X-Sid' }],
  ['{"EnableSidInURLQuery":false}', {}],
  ['{"sessionIDHashFunc":"md5","sessionIDHashKey":"secret"}', { hashFunc: 'md5', hashKey: 'secret' }],
  ['{"cookieName":"","sessionIDLength":0,"cookieSameSite":0,"domain":null,"cookieLifeTime":0}', {}],
])('reads %s', async (json, options) => {
  const path = await newConf(`sessionon = true\nsessionprovider = file\nsessionConfig = ${json}`)
  const read = { sessionOn: true, provider: 'file', options: { ...defaults, ...options } }
  expect(readConfig(path)).toEqual(read)
  expect(readConfig({ sessionOn: true, sessionProvider: 'file', sessionConfig: json })).toEqual(read)
})

it.each([
  ['{"cookieName":"s3cret",}', 'sessionConfig must be JSON in one line, e.g. {"cookieName":"gosessionid",'],
  ['s3cret', 'sessionConfig must be JSON in one line'],
  ['["s3cret"]', 'sessionConfig must be JSON in one line'],
  ['null', 'sessionConfig must be JSON in one line'],
  ['{"cookyName":"s3cret"}', "sessionConfig: unknown field 'cookyName'; it must be e.g. {"],
  ['{"__proto__":"s3cret"}', 'sessionConfig: unknown field; it must be e.g. {'],
  ['{"s3cret":"cookieName"}', 'sessionConfig: unknown field; it must be e.g. {'],
  ['{"S3CRET5cookieNam":"x"}', 'sessionConfig: unknown field; it must be e.g. {'],
  ['{"cookieName":5}', "sessionConfig: cookieName must be a string, e.g. 'beegosessionID'"],
  ['{"MaxLifetime":"60"}', 'sessionConfig: MaxLifetime must be a whole number of seconds'],
  ['{"enableSetCookie":"s3cret"}', 'sessionConfig: enableSetCookie must be true or false'],
  ['{"secure":"s3cret"}', "sessionConfig: secure must be true, false or 'always'"],
  ['{"cookieSameSite":9}', "sessionConfig: cookieSameSite must be 'default'"],
  ['{"providerConfig":{"securityKey":"s3cret"}}', 'sessionConfig: providerConfig must be a string'],
  ['{"EnableSidInURLQuery":true}', 'sessionEnableSidInURLQuery cannot be true'],
])('refuses %s, and does not show what it says', async (json, message) => {
  const path = await newConf(`sessionon = true\nsessionconfig = ${json}`)
  const error = await configError(() => readConfig(path))
  expect(error.startsWith(`${path}:2: ${message}`), error).toBe(true)
  expect(error).not.toContain('s3cret')
})

it('refuses keys that it would make void', async () => {
  const path = await newConf('sessionon = true\nsessionname = x\nsessionconfig = {"maxLifetime":60}')
  expect(await configError(() => readConfig(path))).toBe(
    `${path}:2: sessionName has no effect beside sessionConfig (${path}:3): leave one of the two out`,
  )
})
