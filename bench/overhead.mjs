// What an adapter costs a request that does not use the session, against the same app without it: after a build,
// `node bench/overhead.mjs fastify`, or express, express4, koa, koa2, hono. Servers are processes of their own; what is compared is their
// own processor time, which other work on the machine disturbs least.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, createServer, get } from 'node:http'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

const ROUNDS = Number(process.env.ROUNDS ?? 60)
const REQUESTS = 400
const CONNECTIONS = 20
const modes = ['without', 'lazy', 'eager', 'sessionOn: false']

/** Apps that answer with a small JSON, by framework; without a session if `options` is undefined. */
const apps = {
  express: (load, manager, options) => express(load, 'express', manager, options),
  express4: (load, manager, options) => express(load, 'express4', manager, options),
  async fastify(load, manager, options) {
    const { sessions } = await load('@sess/fastify')
    const app = (await load('fastify')).default()
    if (options) await app.register(sessions, { manager, ...options })
    app.get('/', async () => ({ hello: 'world' }))
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
    app.get('/', c => c.json({ hello: 'world' }))
    return createServer(getRequestListener(app.fetch))
  },
}

async function express(load, name, manager, options) {
  const { sessions } = await load('@sess/express')
  const { default: createApp } = await load(name)
  const app = createApp()
  if (options) app.use(sessions(manager, options))
  app.get('/', (_, res) => res.json({ hello: 'world' }))
  return createServer(app)
}

async function koa(load, name, manager, options) {
  const { sessions } = await load('@sess/koa')
  const { default: Koa } = await load(name)
  const app = new Koa()
  if (options) app.use(sessions(manager, options))
  app.use(ctx => {
    ctx.body = { hello: 'world' }
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

function request(port, agent) {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, agent }, response => response.resume().on('end', resolve)).on(
      'error',
      reject,
    )
  })
}

async function round({ server, port, agent }, requests) {
  const before = await ask(server)
  let left = requests
  const worker = async () => {
    while (left-- > 0) await request(port, agent)
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, worker))
  return ((await ask(server)) - before) / requests
}

const median = numbers => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]

async function main(framework) {
  const contenders = []
  for (const mode of modes) {
    const server = fork(fileURLToPath(import.meta.url), [framework, mode])
    const [port] = await once(server, 'message')
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
    contenders.push({ mode, server, port, agent, costs: [] })
  }
  for (const contender of contenders) await round(contender, 15 * REQUESTS)
  for (let i = 0; i < ROUNDS; i++)
    for (const contender of contenders) contender.costs.push(await round(contender, REQUESTS))
  const [without] = contenders
  const base = median(without.costs)
  for (const { mode, costs, server, agent } of contenders) {
    // Round by round: what else the machine does is much the same in both.
    const more = median(costs.map((cost, i) => cost - without.costs[i]))
    const percent = ((100 * more) / base).toFixed(1)
    console.log(
      `${framework.padEnd(8)} ${mode.padEnd(16)} ${more.toFixed(1)} µs more per request, ${percent} %`,
    )
    agent.destroy()
    server.kill()
  }
}

const [framework, mode] = process.argv.slice(2)
if (mode) await serve(framework, mode)
else await main(framework)
