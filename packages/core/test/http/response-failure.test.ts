import { once } from 'node:events'
import { createReadStream, readdirSync } from 'node:fs'
import { PassThrough, pipeline, Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { Browser } from './support/browser.ts'
import { setUp } from './support/managers.ts'
import { door, sleep } from './support/probe-store.ts'
import { protocols, serve } from './support/servers.ts'

// A save fails while a handler is in the middle of its response.

const isHttp2 = (protocol: string): boolean => protocol.startsWith('h2')

describe.each(protocols)('over %s', protocol => {
  it('an error handler that takes its time is not overtaken by a handler that goes on writing', async () => {
    const { manager, store } = await setUp({
      onSaveError: async (_error, _req, res) => {
        await sleep(30)
        res.setHeader('Content-Type', 'text/plain')
        await sleep(10)
        res.write('not ')
        await sleep(10)
        res.end('saved')
      },
    })
    store.before = async ({ method }) => {
      await sleep(5)
      if (method !== 'load') throw new Error('down')
    }
    const handled = door()
    const server = await serve(async (req, res) => {
      ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
      for (let i = 0; i < 5; i++) {
        res.write('secret piece')
        await sleep(5)
      }
      res.end('secret end')
      handled.open()
    }, protocol)
    expect(await server.ask()).toMatchObject({ status: 500, body: 'not saved' })
    await handled.opened
    expect(server.thrown).toEqual([])
  })

  it('a handler that waits for drain goes on to its end', async () => {
    const { manager, store } = await setUp()
    store.before = async ({ method }) => {
      await sleep(5)
      if (method !== 'load') throw new Error('down')
    }
    const handled = door()
    const server = await serve(async (req, res) => {
      ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
      for (let i = 0; i < 3; i++) if (!res.write('piece')) await once(res, 'drain')
      res.end()
      handled.open()
    }, protocol)
    expect((await server.ask()).status).toBe(500)
    await handled.opened
  })

  it('the streams that are piped into the response end', async () => {
    const { manager, store } = await setUp()
    store.before = async ({ method }) => {
      await sleep(5)
      if (method !== 'load') throw new Error('down')
    }
    const sources: Readable[] = []
    const server = await serve(async (req, res) => {
      ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
      const source =
        req.url === '/file'
          ? createReadStream(process.execPath)
          : Readable.from(
              (async function* () {
                for (;;) yield Buffer.alloc(1000)
              })(),
            )
      sources.push(source)
      source.pipe(res)
    }, protocol)
    for (const path of ['/file', '/endless', '/file']) expect((await server.ask({ path })).status).toBe(500)
    await expect.poll(() => sources.map(({ destroyed }) => destroyed)).toEqual([true, true, true])
    if (process.platform === 'linux') await expect.poll(() => openFiles(process.execPath)).toBe(0)
  })

  it.each(['pipe', 'pipeline'] as const)(
    'a file that feeds the response through a %s of other streams is closed',
    async way => {
      const { manager, store } = await setUp()
      store.before = async ({ method }) => {
        await sleep(5)
        if (method !== 'load') throw new Error('down')
      }
      const files: Readable[] = []
      const server = await serve(async (req, res) => {
        ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
        const file = createReadStream(import.meta.filename)
        files.push(file)
        if (way === 'pipeline') return void pipeline(file, createGzip(), new PassThrough(), res, () => {})
        const zipped = file.pipe(createGzip())
        ;(req.url === '/two' ? zipped.pipe(new PassThrough()) : zipped).pipe(res)
      }, protocol)
      for (const path of ['/one', '/two']) expect((await server.ask({ path })).status).toBe(500)
      await expect.poll(() => files.map(({ destroyed }) => destroyed)).toEqual([true, true])
    },
  )

  it('trailers that were to follow the dropped body are not sent', async () => {
    if (isHttp2(protocol)) return
    const { manager, store } = await setUp({
      onSaveError: (_error, _req, res) => {
        res.write('not ')
        res.end('saved')
      },
    })
    store.before = ({ method }) => {
      if (method !== 'load') throw new Error('down')
    }
    const server = await serve(async (req, res) => {
      ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
      res.writeHead(200, { Trailer: 'X-Sum' })
      res.write('do')
      res.addTrailers({ 'X-Sum': '1' })
      res.end('ne')
    }, protocol)
    expect(await server.ask()).toMatchObject({ status: 500, body: 'not saved' })
  })

  it('`res.end(await f())`, where f starts the session, works over HTTP/2 and is a typed error over HTTP/1', async () => {
    const { manager, store } = await setUp()
    store.before = () => sleep(5)
    const server = await serve(async (req, res) => {
      const change = async (): Promise<string> => {
        ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
        return 'done'
      }
      if (req.url === '/empty') res.end((await change()) && undefined)
      else if (req.url === '/callback') res.end(await change(), () => undefined)
      else res.end(await change())
    }, protocol)
    for (const path of ['/', '/empty', '/callback']) {
      const browser = new Browser()
      const { status, body } = await browser.go(server, path)
      if (isHttp2(protocol)) {
        expect({ status, body }).toEqual({ status: 200, body: path === '/empty' ? '' : 'done' })
        expect(browser.cookies.size).toBe(1)
        continue
      }
      expect({ status, body }).toEqual({ status: 500, body: 'handler failed' })
    }
    if (!isHttp2(protocol))
      expect(server.thrown.map(error => (error as { code: string }).code)).toEqual(
        Array(3).fill('ERR_HEADERS_SENT'),
      )
  })

  it('`res.end(await f())` over HTTP/2 is answered with a 500 when the save fails', async () => {
    if (!isHttp2(protocol)) return
    const { manager, store } = await setUp()
    store.before = async ({ method }) => {
      await sleep(5)
      if (method !== 'load') throw new Error('down')
    }
    const server = await serve(async (req, res) => {
      const change = async (): Promise<string> => {
        ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
        return 'done'
      }
      res.end(await change())
    }, protocol)
    expect(await server.ask()).toMatchObject({ status: 500, body: 'Internal Server Error' })
  })
})

function openFiles(path: string): number {
  const { readlinkSync } = process.getBuiltinModule('node:fs')
  return readdirSync('/proc/self/fd').filter(fd => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path
    } catch {
      return false
    }
  }).length
}
