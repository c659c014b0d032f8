import { patternOf } from './count.ts'
import type { ScannedNode } from './redis-client.ts'
import { script } from './scripts.ts'
import { wrong } from './wrong.ts'

/** What a server does not let the engine do. */
export interface Refusals {
  /** Commands that the user's ACL lacks, in lower case. */
  readonly commands: ReadonlySet<string>
  /** Commands that the server does not have, in lower case. */
  readonly unknown: ReadonlySet<string>
  /** Whether the ACL lacks the keys. */
  readonly keys: boolean
}

/**
 * The commands of the scripts, each on a key that is not there, so that it does nothing. Gives the errors. The key is an
 * argument where another node of a cluster may have it: a script that names such a key is not run at all.
 */
const scripted = script(`
local errors = {}
for _, command in ipairs({{'GETRANGE', '0', '0'}, {'SET', '', 'XX'}, {'SETRANGE', '0', ''}, {'PEXPIRE', '1'}, {'UNLINK'}}) do
  local reply = redis.pcall(command[1], KEYS[1] or ARGV[1], unpack(command, 2))
  if type(reply) == 'table' and reply.err then table.insert(errors, command[1] .. ' ' .. reply.err) end
end
return errors
`)

/**
 * Tries what the engine will need on one server, by commands that do nothing, all sent at once. An error that is not
 * about rights, e.g. that another node of the cluster has the key, says that the command is permitted.
 *
 * @param key one that no session has, with the client's own prefix
 */
export async function tryRights(node: ScannedNode, key: string, isCluster: boolean): Promise<Refusals> {
  const { keyPrefix = '' } = node.options as { keyPrefix?: string }
  const sent = key.slice(keyPrefix.length)
  const asked: (readonly [string, ...string[]])[] = [
    ['get', sent],
    ['set', sent, '', 'PX', '1', 'XX'],
    ['getrange', sent, '0', '0'],
    ['unlink', sent],
    ['scan', '0', 'COUNT', '1'],
    ['evalsha', scripted.sha, '1', sent],
    ...(isCluster
      ? ([['eval', scripted.lua, '0', key], ['asking']] as const)
      : ([['eval', scripted.lua, '1', sent]] as const)),
  ]
  const refused = { commands: new Set<string>(), unknown: new Set<string>(), keys: false }
  const note = (command: string, message: string) => {
    if (/\bunknown\b.*\bcommand\b/i.test(message)) refused.unknown.add(command)
    else if (!/NOPERM|ACL failure|user executing the script/.test(message)) return
    else if (/\bkeys?\b/.test(message)) refused.keys = true
    else refused.commands.add(command)
  }
  await Promise.all(
    asked.map(async ([command, ...args]) => {
      try {
        const errors = await node.call(command, ...args)
        if (command === 'eval' && Array.isArray(errors))
          for (const [, inner = '', message = ''] of errors.map(
            error => /^(\w+) (.*)/s.exec(String(error)) ?? [],
          ))
            note(inner.toLowerCase(), message)
      } catch (error) {
        note(command, error instanceof Error ? error.message : '')
      }
    }),
  )
  return refused
}

/**
 * Nothing is known of a server that has not answered.
 *
 * @throws ERR_CONFIG, which names what is missing and the rules that permit it
 */
export function checkRights(asked: readonly (Refusals | undefined)[], prefix: string, address: string): void {
  const refusals = asked.filter(each => each !== undefined)
  const all = (field: 'commands' | 'unknown') => [...new Set(refusals.flatMap(each => [...each[field]]))]
  const unknown = all('unknown').map(command => command.toUpperCase())
  if (unknown.length > 0)
    throw wrong(
      `: Redis at ${address} has no command ${unknown.join(', ')}, which the engine needs: take it out of 'rename-command', or use another server`,
    )
  const commands = all('commands')
  const hasKeys = !refusals.some(each => each.keys)
  if (commands.length === 0 && hasKeys) return
  const what = [
    ...(commands.length > 0 ? [`the command ${commands.join(', ').toUpperCase()}`] : []),
    ...(hasKeys ? [] : [`keys that begin with '${prefix}'`]),
  ].join(' and ')
  const rules = [
    ...commands.map(command => `+${command}`),
    ...(hasKeys ? [] : [`~${patternOf(prefix)}`]),
  ].join(' ')
  throw wrong(
    `: Redis at ${address} does not permit its user ${what}: add ${rules} to the user's ACL; see "Running in production"`,
  )
}
