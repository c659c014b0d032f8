import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { MARK, type Plan, type Step } from './step.ts'

/** What a handler saw of its response: what it read, what was thrown at it, and the callbacks it was called by. */
type Observation = string

/** A run of a plan on a response. */
export interface Run {
  readonly plan: Plan
  readonly observations: Observation[]
  /** The handler, the framework or the client has cut the connection. */
  isCut: boolean
  /** The handler has returned, or thrown. */
  isDone: boolean
  /** The streams that were piped into the response. */
  readonly sources: Readable[]
}

/** Does what a plan says; `change` changes the session. @throws what a step of it throws, for the framework to answer */
export async function runPlan(run: Run, res: ServerResponse, change: () => unknown): Promise<void> {
  // Without a listener a call after the end would end the process.
  res.setMaxListeners(20)
  res.on('error', error => run.observations.push(`called back with the event error ${codeOf(error)}`))
  try {
    for (const [i, step] of run.plan.steps.entries()) {
      if (step.do === 'pause') await pause(step.for)
      else if (step.do === 'throw') throw new Error('thrown by the plan')
      else if (step.do === 'change') await change()
      else await observed(run, i, step, res)
    }
  } finally {
    run.isDone = true
  }
}

async function observed(run: Run, i: number, step: Step, res: ServerResponse): Promise<void> {
  try {
    await runStep(run, i, step, res)
  } catch (error) {
    run.observations.push(`${i} ${step.do} threw ${codeOf(error)}`)
    // As most handlers do: what a response throws at them is for the error handler.
    throw error
  }
}

function runStep(run: Run, i: number, step: Step, res: ServerResponse): unknown {
  const { observations } = run
  const callback = (error?: Error | null): void => {
    observations.push(`${i} called back ${error ? 'with an error' : 'without one'}`)
  }
  switch (step.do) {
    case 'status':
      res.statusCode = step.status
      if (step.message !== undefined) res.statusMessage = step.message
      return undefined
    case 'setHeader':
      res.setHeader(step.name, structuredClone(step.value))
      return undefined
    case 'appendHeader':
      res.appendHeader(step.name, structuredClone(step.value))
      return undefined
    case 'removeHeader':
      res.removeHeader(step.name)
      return undefined
    case 'writeHead':
      return void (res.writeHead as (...args: unknown[]) => unknown)(...step.args)
    case 'write':
    case 'end': {
      const args: unknown[] = []
      if ('chunk' in step) args.push(step.chunk)
      if (step.encoding) args.push(step.encoding)
      if (step.hasCallback) args.push(callback)
      return void (res[step.do] as (...args: unknown[]) => unknown)(...args)
    }
    case 'writeAndWait':
      return res.write(step.chunk) ? undefined : Promise.race([once(res, 'drain'), once(res, 'close')])
    case 'flushHeaders':
      return res.flushHeaders()
    case 'trailers':
      return res.addTrailers({ 'X-Sum': '1' })
    case 'look':
      observations.push(
        `${i} headersSent ${res.headersSent} writableEnded ${res.writableEnded} status ${res.statusCode} x-one ${res.getHeader('X-One')}`,
      )
      return undefined
    case 'destroy':
      run.isCut = true
      res.destroy()
      return undefined
    case 'destroySocket':
      run.isCut = true
      res.socket?.destroy()
      return undefined
    case 'pipe': {
      const source = sourceOf(run, step)
      // A source that fails cuts the connection, whatever has left by then.
      if (step.failsAt >= 0) run.isCut = true
      source.on('error', () => res.destroy())
      source.pipe(res)
      return undefined
    }
    case 'pipeline':
      return pipeline(sourceOf(run, step), res)
    default:
      return undefined
  }
}

function sourceOf(run: Run, { pieces, failsAt }: { pieces: number; failsAt: number }): Readable {
  async function* generate(): AsyncGenerator<string> {
    for (let i = 0; i < pieces; i++) {
      if (i === failsAt) throw new Error('the source fails')
      yield `${MARK}${i}`
    }
  }
  const source = Readable.from(generate())
  run.sources.push(source)
  return source
}

async function pause(moment: 'tick' | 'immediate' | number): Promise<void> {
  if (moment === 'tick') await null
  else if (moment === 'immediate') await new Promise(resolve => setImmediate(resolve))
  else await new Promise(resolve => setTimeout(resolve, moment))
}

function codeOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string }
  return code ?? message ?? String(error)
}
