import { inspect } from 'node:util'
import { MysqlStore } from '@sess/mysql'
import { noService, service } from '@sess/testing'
import { checkSecrets } from '@sess/testkit'
import { describe, expect, it } from 'vitest'
import { addressOf } from '../src/lib/connect.ts'
import { readConfig } from '../src/lib/mysql-config.ts'

const isMissing = await noService('mysql')

describe('no part of a secret is in an error', () => {
  it('of a configuration that cannot be read', async () => {
    await checkSecrets({
      configs: [
        'mysql://app:{secret}@127.0.0.1:1/app',
        'mysql://app:{secret}@127.0.0.1:1/app?sslmode=x',
        'mysql://app:{secret}@127.0.0.1:1/app?conectionLimit=5',
        'mariadb://app:{secret}@127.0.0.1:x/app',
        'app:{secret}@tcp(127.0.0.1:3306)/app?timeout=5',
        'app:{secret}@tcp(127.0.0.1:x)/app',
        'app:{secret}@tcp(127.0.0.1:3306)',
        'app:{secret}@unix(/run/mysqld.sock)/app?tls=x',
        { uri: 'mysql://app:{secret}@127.0.0.1:x/app' },
        { url: 'mysql://app:{secret}@127.0.0.1/app' },
        { host: '127.0.0.1', port: '{secret}' },
        { host: '127.0.0.1', password: '{secret}', hots: 5 },
        { host: '127.0.0.1', password: ['{secret}'], createTable: 'x' },
        ['{secret}'],
      ],
      // What a server's error would show.
      open: config => {
        throw new Error(addressOf(readConfig(config)))
      },
      runs: 5000,
    })
  })

  it.each([
    'mysql://app:12?s3cr3t@db',
    'mysql://app:12?s3cr3t@db/app',
    'mysql://app:?s3cr3t=1@db/app',
    'mysql://app:12/x?s3cr3t@db/app',
    'mysql://app:12/s3cr3t@db/app',
    'mysql://app:x#s3cr3t@db/app',
    'mysql://app:@s3cr3t#x@db/app',
    'app:12?s3cr3t@db',
    'app:12/x?s3cr3t=@tcp(db)',
    'app:12/x?s3cr3t=%zz@tcp(db)',
    'app:12@unix(/mysql://app:s3cr3t@db)/app',
    'app:x@tcp(app:s3cr3t@db:3306)/app',
    'app:x@tcp([app:s3cr3t])/app',
  ])('of %s', async uri => {
    const error = await MysqlStore.open(uri, { clock: Date, timeout: 2000 }).catch(error => error)
    expect(error.code).toBe('ERR_CONFIG')
    expect(error.message).not.toMatch(/s3cr3t|12[^7]/)
  })

  it.skipIf(isMissing)('of a server that refuses it, or is not there', async () => {
    const { host, port } = await service.mysql()
    await checkSecrets({
      configs: [
        { host, port, user: 'app', password: '{secret}' },
        { uri: `app@tcp(${host}:${port})/app`, password: '{secret}' },
        { host: '127.0.0.1', port: 1, user: 'app', password: '{secret}' },
        `app:{secret}@tcp(${host}:${port})/app`,
        `mysql://app:{secret}@${host}:${port}/app`,
        'app:{secret}@tcp(127.0.0.1:1)/app',
        'mysql://app:{secret}@127.0.0.1:1/app',
      ],
      open: config => MysqlStore.open(config as object, { clock: Date, timeout: 2000 }),
      runs: 60,
    })
  })

  it.skipIf(isMissing)('of a user whose name ends with the password, as the colon is missing', async () => {
    const { host, port } = await service.mysql()
    for (const config of [`mysql://apps3cr3t@${host}:${port}/app`, `app's3cr3t'@tcp(${host}:${port})/app`]) {
      const error = await MysqlStore.open(config, { clock: Date, timeout: 2000 }).catch(error => error)
      expect(error.cause.message).toMatch(/^Access denied for user …@'\S+'/)
      expect(inspect(error)).not.toContain('s3cr3t')
    }
  })

  it.skipIf(isMissing)('of a value that the server does not take', async () => {
    const { host, port, user, password, database } = await service.mysql()
    const error = await MysqlStore.open(
      { host, port, user, password, database, uri: "/?sql_mode='s3cr3t'&time_zone='t0p'" },
      { clock: Date },
    ).catch(error => error)
    expect(error.code).toBe('ERR_CONFIG')
    expect(error.cause).not.toHaveProperty('sql')
  })
})
