import { setTimeout as sleep } from 'node:timers/promises'

/** Longer than anything here ever takes, in milliseconds. */
const patience = 60_000

/** Looks again and again until it is so. @throws after a minute */
export async function waitUntil(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + patience
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`Not within ${patience / 1000} s: ${what}`)
    await sleep(10)
  }
}
