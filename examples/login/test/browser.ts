import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const elsewhere = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

const advice =
  'No Chromium for the browser tests: install one (on Debian: apt-get install chromium) or name one in CHROMIUM_PATH.'

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function installed(): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin']
  return [...folders.flatMap(folder => names.map(name => join(folder, name))), ...elsewhere].find(
    isExecutable,
  )
}

/**
 * Debian's Chromium, where we may install it. Test files run side by side: the lock lets one of them do it, and nobody
 * else call apt-get meanwhile.
 */
async function install(): Promise<void> {
  if (process.getuid?.() !== 0 || !isExecutable('/usr/bin/apt-get')) return
  const script =
    'command -v chromium || { apt-get -q update && apt-get -qy install --no-install-recommends chromium; }'
  const child = spawn('flock', [join(tmpdir(), 'sess-apt-get.lock'), 'sh', '-c', script], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await new Promise(resolve => child.once('error', resolve).once('close', resolve))
}

async function findBrowser(): Promise<string | undefined> {
  const named = process.env.CHROMIUM_PATH
  if (named) {
    if (!isExecutable(named)) throw new Error(`CHROMIUM_PATH names ${named}, which cannot be run`)
    return named
  }
  if (installed() === undefined) await install()
  return installed()
}

const path: string | undefined = await findBrowser()
if (path === undefined) {
  if (process.env.CI) throw new Error(advice)
  console.warn(advice)
}

/** For `describe.skipIf`: no browser here, which has been said. In CI it is an error instead. */
export const noBrowser: boolean = path === undefined

export function launchBrowser(): Promise<Browser> {
  if (path === undefined) throw new Error(advice)
  return chromium.launch({
    executablePath: path,
    args: [
      // Chromium has no sandbox for root, and in a container it is often root.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}
