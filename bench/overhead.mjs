// What an adapter costs a request that does not use the session, against the same app without it: after a build,
// `node bench/overhead.mjs fastify`, or express, express4, koa, koa2, hono. Servers are processes of their own; what is compared is their
// own processor time, which other work on the machine disturbs least.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { connect } from './dist/load.js'
import { median } from './dist/stats.js'

const ROUNDS = Number(process.env.ROUNDS ?? 60)
const REQUESTS = 400
const CONNECTIONS = 20
const modes = ['without', 'lazy', 'eager', 'sessionOn: false']

/** Apps that answer `hello`, whatever is asked, by framework; without a session if `options` is undefined. */
const apps = {
  express: (load, manager, options) => express(load, 'express', manager, options),
  express4: (load, manager, options) => express(load, 'express4', manager, options),
  async fastify(load, manager, options) {
    const { sessions } = await load('@sess/fastify')
    const app = (await load('fastify')).default()
    if (options) await app.register(sessions, { manager, ...options })
    app.get('/:page', async () => 'hello')
    await app.ready()
    return app.server
  },
  koa: (load, manager, options) => koa(load, 'koa', manager, options),
  koa2: (load, manager, options) => koa(load, 'koa2', manager, options),
  async hono(load, manager, options) {
    const { sessions } = await load('@sess/hono')
    const { Hono } = await load('hono')
    const { getRequestListener } = await load('@hono/node-server')
    const app = new Hono()
    // Apps have some middleware or other; Hono has a path of its own for those without.
    app.use(options ? sessions(manager, options) : (_, next) => next())
    app.get('/:page', c => c.text('hello'))
    return createServer(getRequestListener(app.fetch))
  },
}

async function express(load, name, manager, options) {
  const { sessions } = await load('@sess/express')
  const { default: createApp } = await load(name)
  const app = createApp()
  if (options) app.use(sessions(manager, options))
  app.get('/:page', (_, res) => res.send('hello'))
  return createServer(app)
}

async function koa(load, name, manager, options) {
  const { sessions } = await load('@sess/koa')
  const { default: Koa } = await load(name)
  const app = new Koa()
  if (options) app.use(sessions(manager, options))
  app.use(ctx => {
    ctx.body = 'hello'
  })
  return createServer(app.callback())
}

async function serve(framework, mode) {
  const folder = framework.replace(/\d/, '')
  const require = createRequire(new URL(`../packages/${folder}/package.json`, import.meta.url))
  const load = name =>
    import(
      name.startsWith('@sess/') && name !== '@sess/core' ? own(folder) : pathToFileURL(require.resolve(name))
    )
  const { newManager } = await load('@sess/core')
  const options =
    mode === 'without' ? undefined : { lazy: mode === 'lazy', sessionOn: mode !== 'sessionOn: false' }
  const server = await apps[framework](load, await newManager('memory'), options)
  // Visitors wait while the others are measured.
  server.keepAliveTimeout = 120_000
  server.listen(0, '127.0.0.1', () => process.send(server.address().port))
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send(user + system)
  })
}

const own = folder => new URL(`../packages/${folder}/dist/index.js`, import.meta.url)

async function ask(server) {
  const answer = once(server, 'message')
  server.send('cpu')
  return (await answer)[0]
}

/** Microseconds of the server's processor time per request. */
async function round({ mode, server, visitors }, limit) {
  const before = await ask(server)
  const { requests, firstError } = await visitors.run({ requests: limit })
  if (firstError) throw new Error(`${mode}: ${firstError}`)
  return ((await ask(server)) - before) / requests
}

async function main(framework) {
  const contenders = []
  for (const mode of modes) {
    const server = fork(fileURLToPath(import.meta.url), [framework, mode])
    const [port] = await once(server, 'message')
    const visitors = await connect({ port, route: 'untouched', connections: CONNECTIONS, stateful: false })
    contenders.push({ mode, server, visitors, costs: [] })
  }
  for (const contender of contenders) await round(contender, 15 * REQUESTS)
  for (let i = 0; i < ROUNDS; i++)
    for (const contender of contenders) contender.costs.push(await round(contender, REQUESTS))
  const [without] = contenders
  const base = median(without.costs)
  for (const { mode, costs, server, visitors } of contenders) {
    // Round by round: what else the machine does is much the same in both.
    const more = median(costs.map((cost, i) => cost - without.costs[i]))
    const percent = ((100 * more) / base).toFixed(1)
    console.log(
      `${framework.padEnd(8)} ${mode.padEnd(16)} ${more.toFixed(1)} µs more per request, ${percent} %`,
    )
    visitors.close()
    server.kill()
  }
}

const [framework, mode] = process.argv.slice(2)
if (mode) await serve(framework, mode)
else await main(framework)
