// What the tests start as processes of their own, on the built package. The first argument says what to do.
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeSync } from 'node:fs'
import { FileStore } from '@sess/file'
import { Owner } from '../../dist/lib/lock.js'

const [task, directory, ...args] = process.argv.slice(2)
const lease = 100
const farAway = 4_000_000_000_000

/** Straight into the pipe, so that a line that was said stays said when the process is killed. */
const say = (/** @type {unknown[]} */ ...words) => writeSync(1, `${words.join(' ')}\n`)
const open = (config = {}) => FileStore.open({ directory, lease, ...config }, { clock: Date })
const dataOf = (/** @type {string} */ content) => Buffer.concat([randomBytes(8), Buffer.from(content)])
/** @returns {Promise<{ content: string, token: string }>} */
const load = async (store, id) => {
  const found = await store.load(id)
  if (!found) throw new Error('absent')
  return { content: found.data.toString('utf8', 8), token: found.token }
}

const tasks = {
  /** Saves the given sessions again and again, and says what is saved. Each has its number, many times over. */
  async save(...ids) {
    const store = await open()
    const saveOne = async id => {
      for (;;) {
        const { content, token } = await load(store, id)
        const number = Number.parseInt(content, 10) + 1
        const next = dataOf(`${number},`.repeat((number % 5) * 300 + 1))
        if ((await store.update(id, next, farAway, token)) === undefined) throw new Error('stale')
        say(id, number)
      }
    }
    await Promise.all(ids.map(saveOne))
  },

  /** Appends its letter to a session so many times. */
  async append(id, letter, times) {
    const store = await open()
    say('ready')
    await new Promise(resolve => process.stdin.once('data', resolve))
    for (let i = 0; i < Number(times); ) {
      const { content, token } = await load(store, id)
      if (await store.update(id, dataOf(content + letter), farAway, token)) i++
    }
    await store.close()
    process.exit()
  },

  /** Locks a session and does nothing more. */
  async hold(path) {
    const owner = new Owner({ path: directory, restore: async () => {} }, lease)
    await owner.settle()
    await owner.acquire(path, 1000)
    say('locked')
    setInterval(() => {}, 1000)
  },

  /** Tries to store that many bytes, and says how that went and what is there then. */
  async fill(id, size) {
    const store = await open()
    const token = await store.create(id, dataOf('old'), farAway)
    const attempt = async (what, work) => {
      try {
        say(what, (await work()) === undefined ? 'refused' : 'done')
      } catch (error) {
        say(what, error.code)
      }
    }
    const look = async id => say('load', (await store.load(id))?.data.toString('utf8', 8) ?? 'nothing')
    await attempt('update', () => store.update(id, dataOf('x'.repeat(size)), farAway, token))
    await look(id)
    await attempt('create', () => store.create(`${id}new`, dataOf('x'.repeat(size)), farAway))
    await look(`${id}new`)
    await attempt('update', () => store.update(id, dataOf('still works'), farAway, token))
    await look(id)
    await store.close()
  },

  /** Says what is there before and after the disk of the directory is unmounted. */
  async unmount(id) {
    const store = await open()
    const attempt = async (what, work) =>
      say(
        what,
        await work().then(
          found => found?.data?.toString('utf8', 8) ?? found,
          error => error.code,
        ),
      )
    await store.create(id, dataOf('old'), farAway)
    await attempt('load', () => store.load(id))
    execFileSync('umount', [directory])
    await attempt('load', () => store.load(id))
    await attempt('create', () => store.create(`${id}new`, dataOf('new'), farAway))
    await attempt('load', () => store.load(id))
    process.exit()
  },

  /** Says why the directory cannot be opened. */
  async open() {
    await open().then(
      () => say('opened'),
      error => say(error.code, error.message),
    )
  },
}

await tasks[task](...args)
