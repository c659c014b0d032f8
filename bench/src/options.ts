import { parseArgs } from 'node:util'
import type { Group } from './groups.ts'
import type { HttpOptions, Scenario } from './http-bench.ts'
import { smallest } from './session-data.ts'

export interface Options extends HttpOptions {
  /** Ids of groups and contenders; all when empty. */
  only: ReadonlySet<string>
  /** Left out: those of the default command. */
  scenarios: readonly Scenario[] | undefined
  micro: boolean
  write: boolean
  /** As they were given, but for `--write`. */
  flags: string[]
}

const usage = (groups: readonly Group[], directory: string) => `pnpm bench [options]
  --rounds N          rounds that count, after one that does not (11)
  --seconds N         for each contender on each route in each round (0.35)
  --connections N,M   keep-alive connections, one visitor each (32)
  --size N,M          of a session, in bytes as JSON (300)
  --only A,B          only these, and the bare server. Groups: ${groups.map(({ id }) => id).join(', ')}, micro.
                      Contenders: ${groups.flatMap(({ entries }) => entries.slice(1).map(({ id }) => id)).join(', ')}
  --directory PATH    where the file stores keep their files (${directory})
  --write             put the report into bench/README.md and bench/figures.svg`

/** Says how it is used and ends, if that is asked for or the arguments are wrong. */
export function readOptions(args: string[], groups: readonly Group[], directory: string): Options {
  // pnpm hands its own `--` on.
  const given = args.filter(arg => arg !== '--')
  const { values } = parseArgs({
    args: given,
    options: {
      rounds: { type: 'string', default: '11' },
      seconds: { type: 'string', default: '0.35' },
      connections: { type: 'string' },
      size: { type: 'string' },
      only: { type: 'string', default: '' },
      directory: { type: 'string', default: directory },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const stop = (code: number, problem = ''): never => {
    console.error(`${problem}${usage(groups, directory)}`)
    process.exit(code)
  }
  if (values.help) stop(0)
  const positive = (name: string, text: string): number => {
    const value = Number(text)
    return value > 0 ? value : stop(1, `--${name} takes a positive number, not '${text}'.\n`)
  }

  const only = new Set(values.only.split(',').filter(Boolean))
  const known = new Set(groups.flatMap(({ id, entries }) => [id, ...entries.slice(1).map(entry => entry.id)]))
  for (const id of only)
    if (id !== 'micro' && !known.has(id)) stop(1, `--only: there is no contender '${id}'.\n`)

  const list = (name: string, text: string) => text.split(',').map(part => positive(name, part))
  const { connections, size } = values
  const scenarios = list('connections', connections ?? '32').flatMap(connections =>
    list('size', size ?? String(smallest)).map(size => ({ connections, size })),
  )
  return {
    rounds: positive('rounds', values.rounds),
    seconds: positive('seconds', values.seconds),
    directory: values.directory,
    only,
    scenarios: connections || size || only.size > 0 ? scenarios : undefined,
    micro: only.size === 0 || only.has('micro'),
    write: values.write,
    flags: given.filter(arg => arg !== '--write'),
  }
}
