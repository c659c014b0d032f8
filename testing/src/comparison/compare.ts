import { once } from 'node:events'
import type { Server } from 'node:http'
import type { Http2Server } from 'node:http2'
import { newManager } from '@sess/core'
import { fromRecordStore, MemoryStore } from '@sess/core/engine'
import { apps } from './apps.ts'
import { ask, askHttp2, type Received } from './client.ts'
import type { Run } from './run-plan.ts'
import { MARK, type Plan, type Step } from './step.ts'

/** How a session is saved: at once, in the next turn, after a few milliseconds, or not at all. */
export const modes = ['at once', 'next turn', 'slowly', 'failing'] as const
export type Mode = (typeof modes)[number]

/** What came of a plan. */
interface Outcome extends Received {
  readonly run: Run
}

/** The same app of one framework, without sessions and with sessions that are saved in each way. */
export class Comparison {
  readonly #name: string
  readonly #runs = new Map<string, Run>()
  readonly #servers: Map<Mode | 'plain', Server | Http2Server>
  #id = 0

  private constructor(
    name: string,
    servers: Map<Mode | 'plain', Server | Http2Server>,
    runs: Map<string, Run>,
  ) {
    this.#name = name
    this.#servers = servers
    this.#runs = runs
  }

  static async open(name: string): Promise<Comparison> {
    const runs = new Map<string, Run>()
    const servers = new Map<Mode | 'plain', Server | Http2Server>()
    for (const mode of ['plain', ...modes] as const) {
      const manager = mode === 'plain' ? undefined : await newManager(engine(mode))
      const makeApp = apps[name] as (typeof apps)[string]
      const server = await makeApp(req => runs.get(String(req.headers['x-plan'])), manager)
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      servers.set(mode, server)
    }
    return new Comparison(name, servers, runs)
  }

  /** What differs, in words; `undefined` if nothing does. */
  async difference(random: Plan, mode: Mode): Promise<string | undefined> {
    const plan = { ...random, steps: random.steps.filter(isLegalFor(this.#name)) }
    const outcome = await this.#outcome(plan, mode)
    const plain = await this.#outcome(plan, 'plain')
    return mode === 'failing' ? fault(plain, outcome) : difference(plain, outcome)
  }

  close(): void {
    for (const server of this.#servers.values()) server.close()
  }

  async #outcome(plan: Plan, mode: Mode | 'plain'): Promise<Outcome> {
    const id = String(++this.#id)
    const run: Run = {
      plan,
      observations: [],
      isCut: plan.hangsUpAfter !== undefined,
      isDone: false,
      sources: [],
    }
    this.#runs.set(id, run)
    const server = this.#servers.get(mode) as Server & Http2Server
    const received = await (this.#name === 'http2' ? askHttp2(server, id, plan) : ask(server, id, plan))
    for (let i = 0; i < 100 && !run.isDone; i++) await new Promise(resolve => setTimeout(resolve, 1))
    // Callbacks and ends of streams come after the last byte.
    await new Promise(resolve => setTimeout(resolve, 5))
    this.#runs.delete(id)
    return { ...received, text: received.text.replace(/\.{9,}/g, dots => `(${dots.length} dots)`), run }
  }
}

/** Leaves out what ends the process of a framework, with sessions and without. */
function isLegalFor(app: string): (step: Step) => boolean {
  // An error of a response with trailers or with a bad message ends the process inside of Fastify, and Node 20 ends
  // when it collects a session of HTTP/2 that was destroyed. A response of HTTP/2 that is refused in its end never ends.
  if (app === 'fastify') return step => !/Trailer|bad.+message/.test(JSON.stringify(step))
  if (app === 'http2')
    return step => step.do !== 'destroySocket' && !JSON.stringify(step).includes('Transfer-Encoding')
  return () => true
}

function difference(plain: Outcome, session: Outcome): string | undefined {
  const isCut = isCutOff(plain) || isCutOff(session)
  if (isCutOff(session) && !isCutOff(plain)) return 'the connection is cut only with sessions'
  // What is held when the connection is cut has not left; a handler that waits for it is cut later.
  const isPart = plain.text.startsWith(session.text) || session.text.startsWith(plain.text)
  if (isCut ? !isPart : plain.text !== session.text)
    return `without sessions ${JSON.stringify(plain.text)}, with sessions ${JSON.stringify(session.text)}`
  if (!isCut && plain.end !== session.end)
    return `without sessions ${plain.end}, with sessions ${session.end}`
  const [seen, seenWith] = [plain, session].map(({ run }) => sights(run))
  return isCut || seen === seenWith ? undefined : `without sessions: ${seen}; with sessions: ${seenWith}`
}

function isCutOff({ run, end, text }: Outcome): boolean {
  return run.isCut || (end === 'closed' && !/^connection: close/im.test(text))
}

/** What the handler saw, in order, and then by which callbacks it was called. When those come may differ. */
function sights({ observations, plan }: Run): string {
  const end = plan.steps.findIndex(step => step.do === 'end')
  // Of what comes after the end, what Node says depends on whether the last byte has left.
  const before = observations.filter(
    observation =>
      end === -1 || Number.parseInt(observation, 10) <= end || observation.includes('headersSent'),
  )
  // Node keeps no headers that only writeHead was given.
  const hasHead = plan.steps.some(step => step.do === 'writeHead')
  const calls = before.filter(observation => observation.includes('called back'))
  const looks = before
    .filter(observation => !observation.includes('called back'))
    .map(observation => (hasHead ? observation.replace(/ x-one .*/, '') : observation))
  return [...looks, ...calls.sort()].join(', ')
}

/** What must not be when a save fails. */
function fault(plain: Outcome, { text, end, run }: Outcome): string | undefined {
  const isHeld = run.plan.steps.findIndex(step => step.do === 'change') === 0
  if (!isHeld) return undefined
  if (text.includes(MARK)) return `a piece of the handler’s body leaves: ${JSON.stringify(text)}`
  if (/^HTTP\/1\.1 [23]|^:status: [23]/m.test(text.replace(/HTTP\/1\.1 200 OK\r\n(?:.+\r\n)*\r\nnext$/, '')))
    return `a failed save is told as done: ${JSON.stringify(text)}`
  if (end === 'open' && plain.end !== 'open') return `the response never ends: ${JSON.stringify(text)}`
  if (!isCutOff(plain) && run.sources.some(source => !source.destroyed))
    return 'a stream that fed the dropped response stays open'
  return undefined
}

function engine(mode: Mode) {
  const store = new MemoryStore({ clock: Date })
  if (mode === 'at once') return fromRecordStore(store)
  const saved = async (): Promise<void> => {
    if (mode === 'next turn') await null
    else await new Promise(resolve => setTimeout(resolve, 2))
    if (mode === 'failing') throw new Error('down')
  }
  return fromRecordStore({
    load: id => store.load(id),
    delete: (id, token) => saved().then(() => store.delete(id, token)),
    create: (id, data, expiresAt) => saved().then(() => store.create(id, data, expiresAt)),
    update: (id, data, expiresAt, token) => saved().then(() => store.update(id, data, expiresAt, token)),
  })
}
