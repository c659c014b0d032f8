import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { noServer, type Server, startRedis } from '@sess/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { selfSigned } from './support/certificate.ts'
import { failure, freePort, use } from './support/start.ts'

describe.skipIf(await noServer('redis'))('TLS', () => {
  let server: Server
  let port: number
  const { key, cert } = selfSigned()

  beforeAll(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sess-'))
    const files = { key: join(directory, 'key.pem'), cert: join(directory, 'cert.pem') }
    await Promise.all([writeFile(files.key, key), writeFile(files.cert, cert)])
    port = await freePort()
    const certificate = [
      '--tls-cert-file',
      files.cert,
      '--tls-key-file',
      files.key,
      '--tls-ca-cert-file',
      files.cert,
    ]
    server = await startRedis({
      args: ['--tls-port', String(port), '--tls-auth-clients', 'no', ...certificate],
    })
    return async () => {
      await server.close()
      await rm(directory, { recursive: true })
    }
  })

  it('with a certificate that is trusted', async () => {
    await use({ url: `rediss://localhost:${port}`, tls: { ca: cert } })
    await use({ host: 'localhost', port, tls: { ca: cert } })
  })

  it('refuses a certificate that nobody vouches for', async () => {
    const error = await failure(`rediss://localhost:${port}`)
    expect(error).toMatchObject({ code: 'ERR_BACKEND', cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } })
    expect(error.message).toMatch(/DEPTH_ZERO_SELF_SIGNED_CERT/)
  })

  it("refuses another host's certificate", async () => {
    const error = await failure({ url: `rediss://127.0.0.1:${port}`, tls: { ca: cert } })
    expect(error).toMatchObject({ code: 'ERR_BACKEND', cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } })
  })

  it('is not taken for granted by a server that has none', async () => {
    expect((await failure(`rediss://localhost:${server.port}`)).code).toBe('ERR_BACKEND')
  })
})
