// What a change of a session's file costs by how the calls are made, without a server around it: after a build,
// `node bench/file-calls.mjs`, with `--sync` when it has to be on the disk, with the directory to use last.
// Processor time of this process, all its threads together; 32 sessions at once, each changed again and again.
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { FileStore } from '@sess/file'
import session from 'express-session'
import fileStore from 'session-file-store'
import { median } from './dist/stats.js'

const ROUNDS = Number(process.env.ROUNDS ?? 40)
const SESSIONS = 32
const CHANGES = 6
const PAGE = 4096

const sync = process.argv.includes('--sync')
const parent = process.argv.slice(2).find(argument => !argument.startsWith('--')) ?? tmpdir()
const ids = workerData?.ids ?? Array.from({ length: SESSIONS }, () => randomBytes(32).toString('hex'))
const data = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`key${i}`, 'v'.repeat(20)]))

/** session-file-store has no option to leave out `fsync`, and calls it from here. */
async function peer(directory) {
  if (!sync) fs.fsync = (_, done) => done(null)
  const options = { path: directory, ttl: 3600, retries: 0, reapInterval: -1, logFn: () => {} }
  const store = new (fileStore(session))(options)
  const [get, set] = [promisify(store.get.bind(store)), promisify(store.set.bind(store))]
  await Promise.all(ids.map(id => set(id, { cookie: {}, ...data, count: 0 })))
  return {
    async change(id) {
      const found = await get(id)
      found.count++
      await set(id, found)
    },
  }
}

async function promises(directory) {
  const path = id => join(directory, id)
  const set = async (id, json) => {
    await writeFile(`${path(id)}.new`, json, { flush: sync })
    await rename(`${path(id)}.new`, path(id))
  }
  await Promise.all(ids.map(id => set(id, JSON.stringify({ ...data, count: 0 }))))
  return {
    async change(id) {
      const found = JSON.parse(await readFile(path(id), 'utf8'))
      found.count++
      await set(id, JSON.stringify(found))
    },
  }
}

function blocking(directory) {
  const path = id => join(directory, id)
  const set = (id, json) => {
    fs.writeFileSync(`${path(id)}.new`, json, { flush: sync })
    fs.renameSync(`${path(id)}.new`, path(id))
  }
  for (const id of ids) set(id, JSON.stringify({ ...data, count: 0 }))
  return {
    async change(id) {
      const found = JSON.parse(fs.readFileSync(path(id), 'utf8'))
      found.count++
      set(id, JSON.stringify(found))
    },
  }
}

async function engine(directory) {
  const store = await FileStore.open({ directory, sync }, { clock: Date })
  const end = Date.now() + 3_600_000
  // As core does it: a revision, and the session.
  const bytes = () => Buffer.concat([randomBytes(16), Buffer.alloc(300)])
  await Promise.all(ids.map(id => store.create(id, bytes(), end)))
  return {
    async change(id) {
      const { token } = await store.load(id)
      if (!(await store.update(id, bytes(), end, token))) throw new Error('lost')
    },
    close: () => store.close(),
  }
}

/** The engine's calls for a load and a save alone, without what it does before and after each. */
function engineBlocking(directory) {
  const home = join(directory, '.owners')
  const self = join(home, 'self')
  const path = id => join(directory, id[0], id[1], id)
  const [page, buffer] = [Buffer.alloc(PAGE), Buffer.allocUnsafeSlow(2 * PAGE)]
  fs.mkdirSync(home, { recursive: true })
  fs.symlinkSync('../../.owners', self)
  for (const id of ids) {
    fs.mkdirSync(join(path(id), '..'), { recursive: true })
    fs.writeFileSync(path(id), page)
  }
  let names = 0
  const fsync = fd => sync && fs.fsyncSync(fd)
  return {
    async change(id) {
      const [file, lock] = [path(id), `${path(id)}.lock`]
      const loaded = fs.openSync(file, 'r')
      fs.readSync(loaded, buffer, 0, buffer.length, 0)
      fs.closeSync(loaded)
      const staged = `staged${names++}`
      const fd = fs.openSync(join(home, staged), 'wx')
      fs.writeSync(fd, page, 0, PAGE, 0)
      fsync(fd)
      fs.closeSync(fd)
      fs.linkSync(self, lock)
      const locked = fs.openSync(file, 'r')
      fs.readSync(locked, buffer, 0, buffer.length, 0)
      fs.closeSync(locked)
      fs.renameSync(join(lock, staged), file)
      if (sync) {
        const directory = fs.openSync(join(file, '..'), 'r')
        fsync(directory)
        fs.closeSync(directory)
      }
      fs.unlinkSync(lock)
    },
  }
}

/** The same in a thread, one message there and one back. */
async function engineWorker(directory) {
  const worker = new Worker(fileURLToPath(import.meta.url), {
    argv: process.argv.slice(2),
    workerData: { directory, ids },
  })
  const waiting = new Map()
  let numbers = 0
  worker.on('message', number => {
    waiting.get(number)()
    waiting.delete(number)
  })
  const bytes = Buffer.alloc(PAGE)
  return {
    change: id =>
      new Promise(resolve => {
        waiting.set(++numbers, resolve)
        worker.postMessage({ number: numbers, id, bytes })
      }),
    close: () => worker.terminate(),
  }
}

const ways = {
  'session-file-store': peer,
  'read, write, rename': promises,
  '…, at once': blocking,
  '@sess/file': engine,
  '…, its calls at once': engineBlocking,
  '…, its calls in a worker': engineWorker,
}

const decile = numbers => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 10)]

async function round({ change, cpu, wall }) {
  const [before, begin] = [process.cpuUsage(), performance.now()]
  const changes = async id => {
    for (let i = 0; i < CHANGES; i++) await change(id)
  }
  await Promise.all(ids.map(changes))
  const { user, system } = process.cpuUsage(before)
  cpu.push((user + system) / SESSIONS / CHANGES)
  wall.push((1000 * (performance.now() - begin)) / SESSIONS / CHANGES)
}

async function main() {
  const directory = fs.mkdtempSync(join(parent, 'sess-file-calls-'))
  const contenders = []
  for (const [name, make] of Object.entries(ways)) {
    const own = join(directory, String(contenders.length))
    fs.mkdirSync(own, { mode: 0o700 })
    contenders.push({ name, ...(await make(own)), cpu: [], wall: [] })
  }
  for (const contender of contenders)
    for (let i = 0; i < 5; i++) await round({ ...contender, cpu: [], wall: [] })
  for (let i = 0; i < ROUNDS; i++) for (const contender of contenders) await round(contender)
  const [peer] = contenders
  for (const { name, cpu, wall, close } of contenders) {
    // Round by round: what else the machine does is much the same in both.
    const times = median(cpu.map((cost, i) => peer.cpu[i] / cost)).toFixed(1)
    const faster = median(wall.map((cost, i) => peer.wall[i] / cost)).toFixed(1)
    console.log(
      `${name.padEnd(26)} CPU ${decile(cpu).toFixed(0).padStart(4)} µs a change, ${times.padStart(4)} × less; ${decile(wall).toFixed(0).padStart(5)} µs of time, ${faster.padStart(4)} × less`,
    )
    await close?.()
  }
  fs.rmSync(directory, { recursive: true })
  process.exit()
}

if (isMainThread) await main()
else {
  const { change } = engineBlocking(workerData.directory)
  parentPort.on('message', async ({ number, id }) => {
    await change(id)
    parentPort.postMessage(number)
  })
}
