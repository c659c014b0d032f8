// The README's start command serves its page within a second of saying so, and ends when it is told to.
import { spawn } from 'node:child_process'
import { conclude, root } from './lib/workspace.mjs'

const limit = 120_000
const problems = []
const server = spawn('npx', ['-y', 'pnpm@12', 'start'], {
  cwd: root,
  env: { ...process.env, PORT: '0' },
  stdio: ['ignore', 'pipe', 'inherit'],
  detached: true,
})
const ended = new Promise(resolve => server.once('exit', resolve))

try {
  const url = await within(limit, 'did not say where it listens', address())
  const page = await within(1000, 'no page within a second', fetch(url))
  if (page.status !== 200) problems.push(`the page answered ${page.status}`)
  if (!(await page.text()).includes('<form')) problems.push('the page shows no form')
} catch (error) {
  problems.push(String(error))
}
signal('SIGTERM')
await within(10_000, 'did not end after SIGTERM', ended).catch(error => {
  problems.push(String(error))
  signal('SIGKILL')
})
conclude('start', problems)

/**
 * To the server and what has started it.
 * @param {NodeJS.Signals} name
 */
function signal(name) {
  try {
    process.kill(-(server.pid ?? 0), name)
  } catch {} // Already gone.
}

/** @returns {Promise<string>} */
function address() {
  return new Promise((resolve, reject) => {
    let output = ''
    server.stdout.setEncoding('utf8').on('data', text => {
      output += text
      const url = /listening on (http:\S+)/.exec(output)?.[1]
      if (url) resolve(url)
    })
    ended.then(code => reject(new Error(`ended with ${code}\n${output}`)))
  })
}

/**
 * @template T
 * @param {number} milliseconds
 * @param {string} otherwise
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
function within(milliseconds, otherwise, promise) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(otherwise)), milliseconds)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
