import { randomBytes } from 'node:crypto'
import { type Manager, type ManagerOptions, newManager } from '@sess/core'
import { fromSealedStore } from '@sess/core/engine'
import { cookieFor } from '@sess/testkit/cookie'
import { expect, it, onTestFinished } from 'vitest'
import { AesStore } from './support/sealed.ts'

async function memory(options: ManagerOptions = {}): Promise<Manager> {
  const manager: Manager = await newManager('memory', options as ManagerOptions<''>)
  onTestFinished(() => manager.close())
  return manager
}

async function usernameOf(manager: Manager, headers: Record<string, string>): Promise<unknown> {
  const session = await manager.sessionStart(new Request('https://localhost/', { headers }), new Headers())
  return session.get('username')
}

it('is what a browser sends that is logged in', async () => {
  const manager = await memory()
  const cookie = await cookieFor(manager, { username: 'astaxie', cart: ['a book'] })
  expect(cookie).toMatch(/^beegosessionID=[0-9a-f]+$/)
  expect(await usernameOf(manager, { cookie: `theme=dark; ${cookie}` })).toBe('astaxie')
})

it('is made of a Secure cookie with any name, too', async () => {
  const manager = await memory({ cookieName: '__Host-session', secure: true, hashKey: 'sessionidkey' })
  const cookie = await cookieFor(manager, { username: 'astaxie' })
  expect(cookie).toMatch(/^__Host-session=/)
  expect(await usernameOf(manager, { cookie })).toBe('astaxie')
})

it('has all parts of a session that lives with the client', async () => {
  const manager = await newManager(
    fromSealedStore(Object.assign(new AesStore(randomBytes(32)), { maxCookies: 4 })),
  )
  onTestFinished(() => manager.close())
  const cookie = await cookieFor(manager, { username: 'astaxie', long: 'x'.repeat(6000) })
  expect(cookie.split('; ').length).toBeGreaterThan(1)
  expect(await usernameOf(manager, { cookie })).toBe('astaxie')
})

it('is the header’s value where the id has a header of its own', async () => {
  const manager = await memory({ headerName: 'X-Session' })
  const value = await cookieFor(manager, { username: 'astaxie' })
  expect(await usernameOf(manager, { 'X-Session': value })).toBe('astaxie')
})

it('says why there is none', async () => {
  await expect(cookieFor(await memory(), {})).rejects.toThrow(/cookieFor needs data/)
  await expect(cookieFor(await memory({ setCookie: false }), { n: 1 })).rejects.toThrow(/setCookie: false/)
})
