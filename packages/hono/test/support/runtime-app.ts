// A program for Bun or Deno: serves on a free port, and prints it. Run by ../runtimes.test.ts.
import { newManager } from '@sess/core'
import { sessions } from '@sess/hono'
import { Hono } from 'hono'

type Fetch = (request: Request) => Response | Promise<Response>

const { Bun, Deno } = globalThis as {
  Bun?: { serve(options: { port: number; hostname: string; fetch: Fetch }): { port: number } }
  Deno?: {
    serve(
      options: { port: number; hostname: string; onListen(): void },
      fetch: Fetch,
    ): { addr: { port: number } }
  }
}

const app = new Hono()
app.use(sessions(await newManager('memory')))
app.get('/', c => c.json(c.var.session.update('n', n => ((n as number) ?? 0) + 1)))
app.post('/login', async c => {
  await c.var.session.sessionRegenerateID()
  c.var.session.set('username', 'astaxie')
  return c.redirect('/me')
})
app.get('/me', c => c.text(String(c.var.session.get('username') ?? 'nobody')))
app.post('/logout', async c => {
  await c.var.session.destroySession()
  return c.redirect('/me')
})
app.get('/stream', c => {
  c.var.session.set('seen', true)
  return c.body(new Blob(['done']).stream())
})

const address = { port: 0, hostname: '127.0.0.1' }
const fetch: Fetch = request => app.fetch(request)
const port = Bun
  ? Bun.serve({ ...address, fetch }).port
  : Deno?.serve({ ...address, onListen: () => {} }, fetch).addr.port
console.log(`port ${port}`)
