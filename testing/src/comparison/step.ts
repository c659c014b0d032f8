import type { Random } from '../lib/random.ts'

/** What a handler does, as data: one step after another. */
export type Step =
  | { do: 'status'; status: number; message?: string }
  | { do: 'setHeader' | 'appendHeader'; name: string; value: string | string[] }
  | { do: 'removeHeader'; name: string }
  | { do: 'writeHead'; args: unknown[] }
  | { do: 'write' | 'end'; chunk?: unknown; encoding?: BufferEncoding; hasCallback?: boolean }
  | { do: 'writeAndWait'; chunk: string }
  | { do: 'flushHeaders' | 'trailers' | 'look' | 'change' }
  | { do: 'pause'; for: 'tick' | 'immediate' | number }
  | { do: 'pipe' | 'pipeline'; pieces: number; failsAt: number }
  | { do: 'throw' | 'destroy' | 'destroySocket' }

interface Header {
  readonly name: string
  readonly value: string | string[]
}

/** A handler, and the request that it answers. */
export interface Plan {
  readonly method: 'GET' | 'HEAD' | 'POST'
  readonly steps: readonly Step[]
  /** How the framework's error handler answers an error: by what has been sent, or without looking. */
  readonly errorHandler: 'careful' | 'careless'
  /** When the client hangs up, in milliseconds after it has asked. */
  readonly hangsUpAfter?: number
}

/** Every body of a handler holds this, and no error page does. */
export const MARK = 'piece'

/** A random plan. Most are legal for the most part; few are so throughout. */
export function randomPlan(random: Random): Plan {
  const steps: Step[] = []
  const count = 1 + random.below(7)
  if (random.below(10) > 0) steps.push({ do: 'change' })
  for (let i = 0; i < count; i++) steps.push(randomStep(random))
  if (random.below(40) > 0) steps.push(randomEnd(random))
  if (random.below(6) === 0) steps.push(randomStep(random))
  const end = steps.findIndex(step => step.do === 'end')
  const plan: Plan = {
    method: random.pick(['GET', 'GET', 'GET', 'GET', 'HEAD', 'POST']),
    // What comes after the end sees when the last byte left, which is later with a save.
    steps: withPipe(steps.filter((step, i) => end === -1 || i < end || !waits.has(step.do))),
    errorHandler: random.pick(['careful', 'careless']),
  }
  return random.below(25) === 0 ? { ...plan, hangsUpAfter: random.below(6) } : plan
}

/**
 * What Node throws inside of a pipe ends the process, and what a handler does beside one comes before a piece of it or
 * after: with sessions and without.
 */
function withPipe(steps: Step[]): Step[] {
  const at = steps.findIndex(step => step.do === 'pipe' || step.do === 'pipeline')
  if (at === -1) return steps
  const isAwaited = steps[at]?.do === 'pipeline'
  const mayFollow = (step: Step) => step.do === 'pause' || (isAwaited && !writes.has(step.do))
  return steps.filter((step, i) => isLegalForPipe(step) && (i <= at || mayFollow(step)))
}

const waits = new Set<string>(['writeAndWait', 'pipe', 'pipeline', 'writeHead', 'trailers'])
const writes = new Set<string>(['write', 'writeAndWait', 'end', 'pipe', 'pipeline', 'writeHead', 'trailers'])

function isLegalForPipe(step: Step): boolean {
  if (step.do === 'status') return step.status >= 200 && step.status < 600 && !step.message?.includes('\n')
  return !/Trailer|Transfer-Encoding|Connection/.test(JSON.stringify(step))
}

function randomStep(random: Random): Step {
  const kinds: [() => Step, ...(() => Step)[]] = [
    () => ({ do: 'status', status: random.pick([200, 201, 204, 304, 404, 503]) }),
    () => ({ do: 'status', status: 202, message: 'Quite Fine' }),
    () => ({ do: 'setHeader', ...randomHeader(random) }),
    () => ({ do: 'setHeader', ...randomHeader(random) }),
    () => ({ do: 'appendHeader', ...random.pick(severalTimes) }),
    () => ({ do: 'removeHeader', name: randomHeader(random).name }),
    () => ({ do: 'writeHead', args: randomHead(random) }),
    () => ({ do: 'write', ...randomChunk(random) }),
    () => ({ do: 'write', ...randomChunk(random) }),
    () => ({ do: 'writeAndWait', chunk: `${MARK}${'.'.repeat(random.below(2) * 40_000)}` }),
    () => ({ do: 'flushHeaders' }),
    () => ({ do: 'trailers' }),
    () => ({ do: 'look' }),
    () => ({ do: 'look' }),
    () => ({ do: 'change' }),
    () => ({ do: 'pause', for: random.pick<'tick' | 'immediate' | number>(['tick', 'immediate', 1, 3]) }),
    () => ({ do: 'pause', for: random.pick<'tick' | 'immediate' | number>(['tick', 'immediate', 1, 3]) }),
    () => randomEnd(random),
  ]
  const rare: [() => Step, ...(() => Step)[]] = [
    () => ({ do: 'throw' }),
    () => ({ do: 'throw' }),
    () => ({ do: 'throw' }),
    () => ({ do: 'destroy' }),
    () => ({ do: 'destroySocket' }),
    () => ({ do: 'write', chunk: random.pick<unknown>([null, 5, {}, undefined]) }),
    () => ({ do: 'end', chunk: random.pick<unknown>([5, {}, null, '']) }),
    () => ({ do: 'status', status: random.pick([0, 99, 1000]) }),
    () => ({ do: 'status', status: 200, message: 'bad\nmessage' }),
    () => ({ do: 'setHeader', name: 'X-Bad', value: 'a\nb' }),
    () => ({ do: 'setHeader', name: 'bad name', value: 'a' }),
  ]
  return random.below(8) === 0 ? random.pick(rare)() : random.pick(kinds)()
}

function randomEnd(random: Random): Step {
  const pieces = random.below(4)
  switch (random.below(8)) {
    case 0:
      return { do: 'pipe', pieces, failsAt: random.below(4) === 0 ? random.below(3) : -1 }
    case 1:
      return { do: 'pipeline', pieces, failsAt: random.below(4) === 0 ? random.below(3) : -1 }
    case 2:
      return { do: 'end' }
    default:
      return { do: 'end', ...randomChunk(random) }
  }
}

function randomChunk(random: Random): { chunk: unknown; encoding?: BufferEncoding; hasCallback?: boolean } {
  const chunk = `${MARK}${random.below(100)}`
  const hasCallback = random.below(4) === 0
  switch (random.below(5)) {
    case 0:
      return { chunk: Buffer.from(chunk), hasCallback }
    case 1:
      return { chunk: new Uint8Array(Buffer.from(chunk)), hasCallback }
    case 2:
      return { chunk: Buffer.from(chunk).toString('base64'), encoding: 'base64', hasCallback }
    case 3:
      return { chunk, encoding: 'utf8', hasCallback }
    default:
      return { chunk, hasCallback }
  }
}

/** Headers that a response may have more than once. */
const severalTimes: [Header, ...Header[]] = [
  { name: 'X-One', value: '1' },
  { name: 'X-One', value: ['2', '3'] },
  { name: 'Set-Cookie', value: 'theme=dark' },
]

function randomHeader(random: Random): Header {
  return random.pick<Header>([
    { name: 'X-One', value: '1' },
    { name: 'X-One', value: ['2', '3'] },
    { name: 'Content-Type', value: 'text/plain' },
    { name: 'Content-Length', value: String(random.below(20)) },
    { name: 'Cache-Control', value: 'no-store' },
    { name: 'Set-Cookie', value: 'theme=dark' },
    { name: 'Set-Cookie', value: ['theme=dark', 'lang=en'] },
    { name: 'Transfer-Encoding', value: 'chunked' },
    { name: 'Connection', value: 'close' },
    { name: 'Location', value: '/paid' },
    { name: 'Trailer', value: 'X-Sum' },
  ])
}

function randomHead(random: Random): unknown[] {
  const status = random.pick([200, 200, 200, 201, 204, 302, 304, 404, 99, 1000])
  const headers = Object.fromEntries(
    Array.from({ length: random.below(3) }, () => randomHeader(random))
      // A head that Node refuses for its trailers leaves the response without a body.
      .filter(({ name }) => name !== 'Trailer')
      .map(({ name, value }) => [name, value]),
  )
  return random.pick<unknown[]>([
    [status],
    [status, headers],
    [status, headers],
    [status, undefined, headers],
    [status, 'Quite Fine'],
    [status, 'Quite Fine', headers],
    [status, Object.entries(headers).flat()],
    [200, { 'X-Bad': 'a\nb' }],
  ])
}
