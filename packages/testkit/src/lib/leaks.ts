import { AsyncLocalStorage, createHook } from 'node:async_hooks'

/** What keeps a process busy, or alive, when it is forgotten. */
const watched = new Set([
  'Timeout',
  'TCPWRAP',
  'PIPEWRAP',
  'TLSWRAP',
  'UDPWRAP',
  'PROCESSWRAP',
  'FSEVENTWRAP',
  'STATWATCHER',
  'MESSAGEPORT',
  'WORKER',
])

/** Runs `work` and gives the kinds of the timers and handles that it made and that are still there shortly after. */
export async function leftBehind(work: () => Promise<void>): Promise<string[]> {
  const scope = new AsyncLocalStorage<true>()
  const open = new Map<number, string>()
  const hook = createHook({
    init(id, type) {
      if (watched.has(type) && scope.getStore()) open.set(id, type)
    },
    destroy(id) {
      open.delete(id)
    },
  })
  hook.enable()
  try {
    await scope.run(true, work)
    // Handles close, and are told to be closed, a little later.
    for (let i = 0; i < 50 && open.size > 0; i++) await new Promise(resolve => setTimeout(resolve, 10))
    return [...open.values()]
  } finally {
    hook.disable()
  }
}
