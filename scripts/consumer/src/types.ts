// Compiled, never run: what the published types must allow and refuse.
import { newManager } from '@sess/core'
import '@sess/file'

export async function typed(request: Request, headers: Headers): Promise<string | undefined> {
  const manager = await newManager<{ username: string; visits?: number }>('file', {
    cookieName: 'gosessionid',
    maxLifetime: 3600,
    providerConfig: './tmp',
  })
  const sess = await manager.sessionStart(request, headers)
  sess.set('username', 'astaxie')
  sess.update('visits', (n = 0) => n + 1)

  // @ts-expect-error a misspelt key
  sess.get('usrname')
  // @ts-expect-error a key of another type
  sess.set('username', 42)
  // @ts-expect-error an update that gives another type
  sess.update('visits', () => 'many')

  return sess.get('username')
}

export async function untyped(request: Request, headers: Headers): Promise<unknown> {
  const manager = await newManager('memory')
  const sess = await manager.sessionStart(request, headers)
  // @ts-expect-error unknown until it is checked
  const name: string = sess.get('username')
  return name
}

export async function configured(): Promise<void> {
  await newManager('file', { providerConfig: { directory: './tmp', sync: true } })
  // @ts-expect-error a misspelt field of the file engine's config
  await newManager('file', { providerConfig: { directry: './tmp' } })
  // @ts-expect-error not a config of the file engine
  await newManager('file', { providerConfig: 42 })
  // @ts-expect-error a misspelt option
  await newManager('file', { cookiename: 'gosessionid' })
  // The eight arguments of the original.
  await newManager('memory', 'gosessionid', 3600, '', false, 'sha1', 'sessionidkey', 3600)
}
