import type { SessionsOff } from '@sess/config'
import type { Manager } from '@sess/core'
import { expect, onTestFinished } from 'vitest'

/** The manager, which ends with the test. */
export function managerOf(sessions: Manager | SessionsOff): Manager {
  if ('sessionOn' in sessions) throw new Error(sessions.why)
  onTestFinished(() => sessions.close())
  return sessions
}

/** Lets a visitor come twice, count, and gives what the browser was told at first. */
export async function visitTwice(manager: Manager): Promise<string> {
  const count = (cookie: string) =>
    manager.handle(new Request('http://localhost/', { headers: { cookie } }), session => {
      session.update('asta', (n = 0) => (n as number) + 1)
      return new Response(String(session.get('asta')))
    })
  const first = await count('')
  const [setCookie = ''] = first.headers.getSetCookie()
  const second = await count(setCookie.split(';')[0] as string)
  expect([await first.text(), await second.text()]).toEqual(['1', '2'])
  return setCookie
}
