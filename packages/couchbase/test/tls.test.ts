import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CouchbaseStore } from '@sess/couchbase'
import { expect, it, onTestFinished } from 'vitest'
import { CouchbaseDouble, PASSWORD, USER } from './support/couchbase-double.ts'

/** A certificate for this machine, which is its own authority. */
async function newCertificate(): Promise<{ key: string; cert: string; path: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'sess-couchbase-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const [key, path] = [join(directory, 'key.pem'), join(directory, 'cert.pem')]
  const files = ['-keyout', key, '-out', path]
  const names = ['-subj', '/CN=couchbase', '-addext', 'subjectAltName=IP:127.0.0.1']
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...files, ...names],
    {
      stdio: 'pipe',
    },
  )
  return { key: await readFile(key, 'utf8'), cert: await readFile(path, 'utf8'), path }
}

async function open(server: { key: string; cert: string }, trustStorePath: string): Promise<CouchbaseStore> {
  const double = await CouchbaseDouble.start({ tls: server, query: false })
  onTestFinished(() => double.stop())
  const config = {
    connectionString: `couchbases://127.0.0.1:${double.port}`,
    username: USER,
    password: PASSWORD,
    bucket: 'sessions',
    options: { security: { trustStorePath } },
  }
  const store = await CouchbaseStore.open(config, { clock: Date, timeout: 1500 })
  onTestFinished(() => store.close())
  return store
}

it('connects by TLS to a server whose certificate is trusted', async () => {
  const server = await newCertificate()
  const store = await open(server, server.path)
  await store.create('ab', Buffer.from('some data of a session'), Date.now() + 60_000)
  expect(await store.load('ab')).toBeDefined()
})

it('does not connect to a server whose certificate is not trusted', async () => {
  const [server, other] = [await newCertificate(), await newCertificate()]
  await expect(open(server, other.path)).rejects.toMatchObject({ code: 'ERR_BACKEND' })
})
