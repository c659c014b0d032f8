import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A certificate and its key, as files that a PostgreSQL server takes. */
export interface Certificate {
  readonly certificate: string
  readonly key: string
}

/** A certificate authority of the tests' own. */
export class Authority {
  readonly #directory: string = mkdtempSync(join(tmpdir(), 'sess-postgres-'))

  constructor(name: string) {
    // The server's user passes through.
    chmodSync(this.#directory, 0o755)
    const made = ['-x509', '-subj', `/CN=${name}`, '-keyout', this.#path('ca.key'), '-out', this.root]
    this.#openssl(
      'req',
      ...made,
      '-days',
      '2',
      '-nodes',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
    )
  }

  /** The path of its own certificate. */
  get root(): string {
    return this.#path('ca.pem')
  }

  issue(host: string): Certificate {
    const [certificate, key, request] = ['pem', 'key', 'csr'].map(each => this.#path(`${host}.${each}`)) as [
      string,
      string,
      string,
    ]
    const curve = ['-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
    this.#openssl('req', '-subj', `/CN=${host}`, '-keyout', key, '-out', request, ...curve)
    const names = this.#path('names')
    writeFileSync(names, `subjectAltName=DNS:${host}`)
    const by = ['-CA', this.root, '-CAkey', this.#path('ca.key'), '-CAcreateserial']
    this.#openssl('x509', '-req', '-in', request, '-out', certificate, '-days', '2', ...by, '-extfile', names)
    chmodSync(key, 0o600)
    if (process.getuid?.() === 0) chownSync(key, idOf('-u'), idOf('-g'))
    return { certificate, key }
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true })
  }

  #path(name: string): string {
    return join(this.#directory, name)
  }

  #openssl(...args: string[]): void {
    execFileSync('openssl', args, { stdio: 'pipe' })
  }
}

/** Of the user that the server runs as in place of root. */
function idOf(kind: string): number {
  return Number(execFileSync('id', [kind, 'postgres'], { encoding: 'utf8' }))
}
