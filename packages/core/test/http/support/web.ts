import type { Manager } from '@sess/core'
import type { Data } from './managers.ts'

/** A request with that cookie. */
export const request = (cookie = '', url = 'https://example.org/'): Request =>
  new Request(url, { headers: cookie ? { cookie } : {} })

/** What the browser sends back of a response's first cookie. */
export function cookieOf(headers: Headers): string {
  const [line = ''] = headers.getSetCookie()
  return line.split(';')[0] as string
}

/** A new session with `{ n: 1 }`, as a cookie. */
export async function started(manager: Manager<Data>): Promise<string> {
  const headers = new Headers()
  const session = await manager.sessionStart(request(), headers)
  session.set('n', 1)
  await session.sessionRelease()
  return cookieOf(headers)
}

/** All that the session behind a cookie holds. */
export async function read(manager: Manager<Data>, cookie: string): Promise<Record<string, unknown>> {
  return Object.fromEntries((await manager.sessionStart(request(cookie), new Headers())).entries())
}
