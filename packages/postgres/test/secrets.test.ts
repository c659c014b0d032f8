import { inspect } from 'node:util'
import { PostgresStore } from '@sess/postgres'
import { noService, service } from '@sess/testing'
import { checkSecrets } from '@sess/testkit'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { readConfig } from '../src/lib/postgres-config.ts'
import { addressOf } from '../src/lib/start-error.ts'

const isMissing = await noService('postgres')
const account = isMissing ? undefined : await service.postgres()

describe('no part of a secret is in an error', () => {
  it('of a configuration that cannot be read', async () => {
    await checkSecrets({
      configs: [
        'postgres://app:{secret}@127.0.0.1:1/app',
        'postgres://app:{secret}@127.0.0.1:1/app?sslmode=x',
        'postgresql://app:{secret}@127.0.0.1:x/app',
        'postgres://127.0.0.1/app?user=app&password={secret}&port=x',
        "host=127.0.0.1 port=x password='{secret}'",
        'host=127.0.0.1 password={secret} sslmode=x',
        'host=/run/postgresql password={secret}',
        'password={secret}',
        { connectionString: 'postgres://app:{secret}@127.0.0.1:x/app' },
        { url: 'postgres://app:{secret}@127.0.0.1/app' },
        { host: '127.0.0.1', port: '{secret}' },
        { host: '127.0.0.1', password: '{secret}', max: 0 },
        { host: '127.0.0.1', password: '{secret}', ssl: '{secret}' },
        { host: '127.0.0.1', password: ['{secret}'], hots: 5 },
        ['{secret}'],
      ],
      // What a server's error would show.
      open: config => {
        throw new Error(addressOf(readConfig(config).pool))
      },
      runs: 5000,
    })
  })

  it('of a password of the environment', async () => {
    onTestFinished(() => void vi.unstubAllEnvs())
    await checkSecrets({
      configs: ['{secret}'],
      open: password => {
        vi.stubEnv('PGPASSWORD', password as string)
        vi.stubEnv('PGPORT', 'x')
        readConfig('host=127.0.0.1')
      },
      runs: 300,
    })
  })

  it.each([
    'postgres://app:?s3cr3t@db/app',
    'postgres://app:12?s3cr3t@db/app',
    'postgres://app:12?a=s3cr3t@db/app',
    'postgres://app:12/s3cr3t@db/app',
    'postgres://app:12#s3cr3t@db/app',
    'postgres://app:x@s3cr3t?y=1@db/app',
    'host=/run/postgresqlpassword=s3cr3t user=app',
    'host=dbpassword=s3cr3t',
    'user=apppassword=s3cr3t host=db',
    'host=/postgres://app:s3cr3t@db',
    'host=app:s3cr3t@db',
  ])('of %s', async url => {
    const error = await PostgresStore.open(url, { clock: Date, timeout: 2000 }).catch(error => error)
    expect(error.code).toBe('ERR_CONFIG')
    expect(error.message).not.toMatch(/s3cr3t|12/)
  })

  it.skipIf(isMissing)('of a server that refuses it, or is not there', async () => {
    const { host, port } = account as NonNullable<typeof account>
    await checkSecrets({
      configs: [`${host}:${port}`, '127.0.0.1:1'].flatMap(place => [
        { connectionString: `postgres://${place}/app`, user: 'app', password: '{secret}' },
        { connectionString: `postgres://${place}/app`, user: 'app', password: '{secret}', ssl: true },
        `postgres://app:{secret}@${place}/app`,
        `host=${place.replace(':', ' port=')} user=app password={secret}`,
        `host=${place.replace(':', ' port=')} user=app password='{secret}' dbname=app`,
      ]),
      open: config => PostgresStore.open(config as object, { clock: Date, timeout: 2000 }),
      runs: 60,
    })
  })

  it.skipIf(isMissing)('of a user whose name ends with the password, as the colon is missing', async () => {
    const { host, port } = account as NonNullable<typeof account>
    for (const config of [
      `postgres://apps3cr3t:x@${host}:${port}/app`,
      `host=${host} port=${port} user='app"s3cr3t' password=x`,
    ]) {
      const error = await PostgresStore.open(config, { clock: Date, timeout: 2000 }).catch(error => error)
      expect(error.cause.message).toBe('password authentication failed for user …')
      expect(inspect(error)).not.toContain('s3cr3t')
    }
  })
})
