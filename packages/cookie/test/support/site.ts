import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerOptions } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CookieConfig } from '@sess/cookie'
import '@sess/cookie'
import { type ManagerOptions, newManager } from '@sess/core'
import { CookieJar } from 'tough-cookie'
import { onTestFinished } from 'vitest'

export const COOKIE = 'gosessionid'

interface Data {
  n: number
  blob: string
}

/** A clock that the test moves. */
export class TestClock {
  #now = Date.UTC(2030, 0, 1)

  now = (): number => this.#now

  /** Moves on by seconds. */
  tick(seconds: number): void {
    this.#now += seconds * 1000
  }
}

export function newSecret(): string {
  return randomBytes(32).toString('base64')
}

/** An address of a server that counts visits, and keeps a blob of `?size=` characters in the session. */
export async function serve(
  config: string | CookieConfig,
  options: ManagerOptions = {},
  serverOptions: ServerOptions = {},
): Promise<string> {
  const manager = await newManager<Data>('cookie', {
    cookieName: COOKIE,
    ...options,
    providerConfig: config,
  })
  const server = createServer(serverOptions, async (req, res) => {
    const { pathname, searchParams } = new URL(req.url as string, 'http://localhost')
    const session = await manager.sessionStart(req, res)
    const size = searchParams.get('size')
    // Half as many bytes, in hex: nothing that could be packed.
    if (size !== null) session.set('blob', randomBytes(Number(size) / 2).toString('hex'))
    if (pathname === '/count') session.update('n', (n = 0) => n + 1)
    if (pathname === '/logout') await manager.sessionDestroy(req, res)
    const { n = 0, blob = '' } =
      pathname === '/logout' ? {} : { n: session.get('n'), blob: session.get('blob') }
    res.end(JSON.stringify({ n, blob: blob.length }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await manager.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export interface Reply {
  readonly status: number
  readonly setCookies: readonly string[]
  readonly n: number
  readonly blob: number
}

/** A visitor with a cookie jar of RFC 6265. */
export class Visitor {
  readonly jar = new CookieJar()

  async go(site: string, path = '/'): Promise<Reply> {
    const cookie = await this.jar.getCookieString(site + path)
    const ask = request(site + path, {
      headers: cookie === '' ? {} : { cookie },
      maxHeaderSize: 65_536,
    }).end()
    const [response] = (await once(ask, 'response')) as [IncomingMessage]
    const setCookies = response.headers['set-cookie'] ?? []
    for (const line of setCookies) await this.jar.setCookie(line, site + path)
    const status = response.statusCode as number
    const body = (await response.toArray()).join('')
    const { n = -1, blob = -1 } = status === 200 ? JSON.parse(body) : {}
    return { status, setCookies, n, blob }
  }

  /** The names of the cookies that it has for a site. */
  async names(site: string): Promise<string[]> {
    return (await this.jar.getCookies(site)).map(cookie => cookie.key).sort()
  }

  /** The whole sealed text, as it came in one or more cookies. */
  async sealed(site: string): Promise<string> {
    const cookies = await this.jar.getCookies(site)
    const [first, ...rest] = cookies.sort((a, b) => (a.key < b.key ? -1 : 1)).map(cookie => cookie.value)
    return (first as string).replace(/^\d+\./, '') + rest.join('')
  }

  /** Somebody who has copied this one's cookies. */
  async copy(): Promise<Visitor> {
    const other = new Visitor()
    for (const cookie of (await this.jar.serialize()).cookies)
      await other.jar.setCookie(`${cookie.key}=${cookie.value}; Path=/`, `http://${cookie.domain}`)
    return other
  }
}
