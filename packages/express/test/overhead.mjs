// What the adapter costs a request that does not use the session: `node packages/express/test/overhead.mjs`, after a
// build. Servers are processes of their own; what is compared is their own processor time, which other work on the
// machine disturbs least.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, createServer, get } from 'node:http'
import { fileURLToPath } from 'node:url'

const ROUNDS = 15
const REQUESTS = 3000
const CONNECTIONS = 20
const modes = ['without', 'lazy', 'eager', 'sessionOn: false']

async function serve(mode) {
  const { newManager } = await import('@sess/core')
  const { sessions } = await import('@sess/express')
  const { default: express } = await import('express')
  const app = express()
  if (mode !== 'without')
    app.use(
      sessions(await newManager('memory'), { lazy: mode === 'lazy', sessionOn: mode !== 'sessionOn: false' }),
    )
  app.get('/', (_, res) => res.json({ hello: 'world' }))
  const server = createServer(app).listen(0, '127.0.0.1', () => process.send(server.address().port))
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send(user + system)
  })
}

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

async function main() {
  const contenders = []
  for (const mode of modes) {
    const server = fork(fileURLToPath(import.meta.url), [mode])
    const [port] = await once(server, 'message')
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
    contenders.push({ mode, server, port, agent, costs: [] })
  }
  for (const contender of contenders) await round(contender, 2 * REQUESTS)
  for (let i = 0; i < ROUNDS; i++)
    for (const contender of contenders) contender.costs.push(await round(contender, REQUESTS))
  const base = median(contenders[0].costs)
  for (const { mode, costs, server, agent } of contenders) {
    const cost = median(costs)
    const more = (100 * (cost / base - 1)).toFixed(1)
    console.log(`${mode.padEnd(16)} ${cost.toFixed(1)} µs per request, ${more} % more`)
    agent.destroy()
    server.kill()
  }
}

if (process.argv[2]) await serve(process.argv[2])
else await main()
