import { createServer } from 'node:http'
import { pipeline, Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { type AppData, type Manager, newManager } from '@sess/core'
import { fromRecordStore, MemoryStore } from '@sess/core/engine'
import { sessions } from '@sess/express'
import { listening } from '@sess/testkit/adapter'
import compression from 'compression'
import express, { type Response } from 'express'
import express4 from 'express4'
import { describe, expect, it, onTestFinished } from 'vitest'

// The package `compression` wraps the response as well: its head, its body, and who waits for 'drain'.

const file = fileURLToPath(new URL('support/done.txt', import.meta.url))
const LONG = 'done '.repeat(40_000)

const ways: Record<string, (res: Response) => unknown> = {
  json: res => res.json('done'),
  send: res => res.send('done'),
  'a long text': res => res.send(LONG),
  end: res => res.type('text').end('done'),
  'writeHead, then end': res => res.writeHead(200, { 'Content-Type': 'text/plain' }).end('done'),
  'write, then end': res => {
    res.type('text').write('do')
    res.write('n')
    res.end('e')
  },
  'flushHeaders, then end': res => {
    res.type('text').flushHeaders()
    setTimeout(() => res.end('done'), 20)
  },
  'flushHeaders, then write': res => {
    res.type('text').flushHeaders()
    res.write('do')
    res.end('ne')
  },
  'flushHeaders, then a pipe': res => {
    res.type('text').flushHeaders()
    Readable.from(['do', 'ne']).pipe(res)
  },
  'a file': res => res.sendFile(file),
  'a piped stream': res => Readable.from(['do', 'ne']).pipe(res.type('text')),
  'a pipeline': res => {
    pipeline(
      Readable.from(Array.from({ length: 200 }, () => 'done '.repeat(200))),
      res.type('text'),
      () => {},
    )
  },
  'a generator': res => {
    async function* parts() {
      for (let i = 0; i < 200; i++) yield 'done '.repeat(200)
    }
    pipeline(parts, res.type('text'), () => {})
  },
}

/** A manager whose saves take a while. */
async function slow(): Promise<Manager<AppData>> {
  const store = new Proxy(new MemoryStore({ clock: Date }), {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      if (name !== 'create') return value.bind(target)
      return async (...args: unknown[]) => {
        await new Promise(resolve => setTimeout(resolve, 20))
        return value.apply(target, args)
      }
    },
  })
  return (await newManager(fromRecordStore(store))) as Manager<AppData>
}

describe.each([
  ['Express 5', express],
  ['Express 4', express4],
])('%s', (_, createApp) => {
  describe.each(['before', 'after'])('with compression %s the session', when => {
    it.each(Object.keys(ways))('answers with %s', async way => {
      const manager = await slow()
      const app = createApp()
      const compress = compression({ threshold: 0 })
      if (when === 'before') app.use(compress)
      app.use(sessions(manager))
      if (when === 'after') app.use(compress)
      app.get('/', (req, res) => {
        req.session.set('seen', true)
        ways[way]?.(res)
      })
      const { port, close } = await listening(createServer(app))
      onTestFinished(async () => {
        await close()
        await manager.close()
      })
      const response = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(5000) })
      expect(response.headers.get('content-encoding')).not.toBeNull()
      expect(response.headers.getSetCookie()).toHaveLength(1)
      expect((await response.text()).replaceAll(/"|\s+$/g, '')).toBe(
        way === 'a long text' || /pipeline|generator/.test(way) ? LONG.trimEnd() : 'done',
      )
      expect(await manager.getActiveSession()).toBe(1)
    })
  })
})
