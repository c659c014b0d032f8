import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** An authority, and a server's certificate that it signed. */
export interface Certificates {
  readonly ca: Buffer
  /** For the server's configuration. */
  readonly files: { readonly ca: string; readonly cert: string; readonly key: string }
  remove(): Promise<void>
}

/** `names`: what the certificate is for, as `DNS:localhost`. */
export async function makeCertificates(names: string): Promise<Certificates> {
  const directory = await mkdtemp(join(tmpdir(), 'sess-tls-'))
  await chmod(directory, 0o755)
  const [ca, caKey, cert, key] = ['ca.pem', 'ca-key.pem', 'cert.pem', 'key.pem'].map(name =>
    join(directory, name),
  ) as [string, string, string, string]
  const fresh = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
  ]
  await run('openssl', [...fresh, '-subj', '/CN=test authority', '-keyout', caKey, '-out', ca])
  await run('openssl', [
    ...fresh,
    ...['-CA', ca, '-CAkey', caKey, '-subj', '/CN=test server', '-addext', `subjectAltName=${names}`],
    ...['-addext', 'basicConstraints=critical,CA:FALSE', '-keyout', key, '-out', cert],
  ])
  await chmod(key, 0o644)
  const remove = () => rm(directory, { recursive: true, force: true })
  return { ca: await readFile(ca), files: { ca, cert, key }, remove }
}
