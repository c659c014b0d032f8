import type { Manager, SessionData } from '@sess/core'

/**
 * Begins a session with this data, and gives what a browser that has it sends as its `Cookie` header. On a manager
 * with `headerName`, the value of that header.
 *
 * ```ts
 * await fetch(url, { headers: { cookie: await cookieFor(manager, { username: 'astaxie' }) } })
 * ```
 *
 * @throws TypeError if the manager sends no cookie: without data, or with `setCookie: false`
 */
export async function cookieFor<Data extends object = SessionData>(
  manager: Manager<Data>,
  data: Partial<Data>,
): Promise<string> {
  const headers = new Headers()
  // Over TLS, so that a Secure cookie is made as well.
  const session = await manager.sessionStart(new Request('https://localhost/'), headers)
  for (const key of Object.keys(data) as (keyof Data & string)[])
    session.set(key, data[key] as Data[typeof key])
  await session.sessionRelease()
  const pairs = headers.getSetCookie().map(line => line.split(';')[0] as string)
  const [ofHeader] = [...headers].filter(([name]) => name !== 'cache-control').map(([, value]) => value)
  const cookie = pairs.length > 0 ? pairs.join('; ') : ofHeader
  if (cookie === undefined)
    throw new TypeError(
      'The manager sent no cookie: cookieFor needs data, and a manager without setCookie: false',
    )
  return cookie
}
