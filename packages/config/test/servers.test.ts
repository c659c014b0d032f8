import { openSessions } from '@sess/config'
import { isSessionError } from '@sess/core'
import '@sess/mysql'
import '@sess/redis'
import { noServer, noService, service, startMariaDB } from '@sess/testing'
import mysql2 from 'mysql2/promise'
import { describe, expect, it, onTestFinished } from 'vitest'
import { configError, newConf, setEnvironment } from './support/conf.ts'
import { managerOf, visitTwice } from './support/visit.ts'

/** The table of the documents, as they create it. */
const table = `CREATE TABLE \`session\` (
    \`session_key\`  char (64)  NOT NULL ,
    \`session_data\` blob,
    \`session_expiry\`  int (11) unsigned  NOT NULL ,
    PRIMARY KEY (\`session_key\`)
) ENGINE=MyISAM  DEFAULT CHARSET=utf8;`

describe.skipIf(await noService('redis'))('redis', () => {
  it('starts from the lines of the documents', async () => {
    const { host, port } = await service.redis()
    const path = await newConf(`
sessionon = true
sessionprovider = redis
sessionproviderconfig = ${host}:${port},100,
`)
    expect(await visitTwice(managerOf(await openSessions(path)))).toMatch(/^beegosessionID=/)
  })

  it('starts with the address from the environment', async () => {
    const { host, port } = await service.redis()
    setEnvironment({ SESS_SESSIONPROVIDERCONFIG: `${host}:${port}` })
    const path = await newConf(
      'sessionon = true\nsessionprovider = redis\nsessionproviderconfig = 127.0.0.1:1',
    )
    await visitTwice(managerOf(await openSessions(path)))
  })

  it('says that a server cannot be reached, without its password', async () => {
    const path = await newConf(
      'sessionon = true\nsessionprovider = redis\nsessionproviderconfig = 127.0.0.1:1,100,s3cret',
    )
    const error = await openSessions(path).catch(error => error)
    expect(isSessionError(error, 'ERR_BACKEND'), String(error)).toBe(true)
    expect(error.message).not.toContain('s3cret')
  })
})

describe.skipIf(await noServer('mysql'))('mysql', () => {
  it('starts from the lines of the documents, on their table', async () => {
    const server = await startMariaDB()
    onTestFinished(() => server.close())
    const { host, port, user, password, database } = server
    const path = await newConf(`
sessionon = true
sessionprovider = "mysql"
sessionproviderconfig = "${user}:${password}@tcp(${host}:${port})/${database}?timeout=3s"
`)
    expect(await configError(() => openSessions(path))).toMatch(
      `${path}:4: sessionProviderConfig: providerConfig of the mysql engine: the table \`session\` is missing`,
    )
    const admin = await mysql2.createConnection({ host, port, user, password, database })
    await admin.query(table)
    const manager = managerOf(await openSessions(path))
    expect(await visitTwice(manager)).toMatch(/^beegosessionID=/)
    const [rows] = await admin.query('SELECT session_key FROM session')
    expect(rows).toHaveLength(1)
    await admin.end()
  })
})
