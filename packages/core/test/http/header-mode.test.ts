import { newManager } from '@sess/core'
import { fromSealedStore } from '@sess/core/engine'
import { describe, expect, it } from 'vitest'
import { AESStore } from './support/aes-store.ts'
import { type Data, setUp } from './support/managers.ts'
import { serve } from './support/servers.ts'

// Clients that keep no cookies.

describe('headerName', () => {
  const options = { headerName: 'X-Sid', hashKey: 'key', secure: true, idPrefix: 'p:' } as const

  it('brings the id and takes it back, over plain HTTP too, in place of the cookie', async () => {
    const { manager } = await setUp(options)
    const server = await serve(async (req, res) => {
      let session = await manager.sessionStart(req, res)
      if (req.url === '/set') session.update('n', (n = 0) => n + 1)
      if (req.url === '/login') session = await manager.sessionRegenerateId(req, res)
      if (req.url === '/logout') await manager.sessionDestroy(req, res)
      res.end(String(req.url === '/logout' ? '' : session.get('n')))
    }, 'http')
    const ask = async (path: string, sid?: string) => {
      const reply = await server.ask({ path, ...(sid && { headers: { 'x-sid': sid } }) })
      return { ...reply, sid: reply.headers['x-sid'] as string | undefined }
    }
    expect(await ask('/')).toMatchObject({ body: 'undefined', sid: undefined, setCookies: [] })
    const { sid, headers, setCookies } = await ask('/set')
    expect(sid).toMatch(/^p:[0-9a-f]{64}$/)
    expect(setCookies).toEqual([])
    expect(headers['cache-control']).toBe('private')
    expect(await ask('/set', sid)).toMatchObject({ body: '2', sid: undefined })
    const login = await ask('/login', sid)
    expect(login.sid).not.toBe(sid)
    expect((await ask('/', sid)).body).toBe('undefined')
    expect((await ask('/', login.sid)).body).toBe('2')
    expect((await ask('/logout', login.sid)).sid).toBeUndefined()
    expect((await ask('/', login.sid)).body).toBe('undefined')
    const cookie = `beegosessionID=${(await ask('/set')).sid}`
    expect((await server.ask({ path: '/', headers: { cookie } })).body).toBe('undefined')
  })

  it('works with Web requests', async () => {
    const { manager } = await setUp(options)
    const visit = (sid?: string) =>
      manager.handle(new Request('http://localhost/', { headers: sid ? { 'X-Sid': sid } : {} }), session => {
        session.update('n', (n = 0) => n + 1)
        return new Response(String(session.get('n')), { headers: { 'X-Sid': 'a mistake' } })
      })
    const sid = (await visit()).headers.get('x-sid') as string
    expect(sid).toMatch(/^p:[0-9a-f]{64}$/)
    const again = await visit(sid)
    expect(await again.text()).toBe('2')
  })

  it('needs sessions on the server', async () => {
    await expect(newManager(fromSealedStore(new AESStore()), { headerName: 'X-Sid' })).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringContaining('headerName'),
    })
  })
})

describe('setCookie: false', () => {
  it('sends no cookie: the application hands out the id', async () => {
    const { manager } = await setUp({ setCookie: false, secure: true })
    const server = await serve(async (req, res) => {
      const session = await manager.sessionStart(req, res)
      if (req.url === '/late') res.write(' ')
      if (req.url === '/logout') await manager.sessionDestroy(req, res)
      else
        session.set(
          'n',
          (((session as { get(key: keyof Data): unknown }).get('n') as number | undefined) ?? 0) + 1,
        )
      res.end(req.url === '/logout' ? '' : `${session.sessionID()} ${session.get('n')}`)
    }, 'http')
    const first = await server.ask({ path: '/late' })
    expect(first.setCookies).toEqual([])
    const [sid] = first.body.trim().split(' ')
    const headers = { cookie: `beegosessionID=${sid}` }
    await expect.poll(async () => (await server.ask({ path: '/', headers })).body).toBe(`${sid} 2`)
    const logout = await server.ask({ path: '/logout', headers })
    expect(logout.setCookies).toEqual([])
    expect((await server.ask({ path: '/', headers })).body).toMatch(/ 1$/)
  })
})
