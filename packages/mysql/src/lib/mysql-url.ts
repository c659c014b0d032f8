import { configError } from '@sess/core/engine'
import { driverOptions } from './driver-options.ts'
import type { Dsn } from './dsn.ts'
import { newDraft } from './dsn-parameters.ts'
import { foreignParameters } from './foreign-parameters.ts'

const example = `'mysql://app:p%40ss@127.0.0.1:3306/app'`
const escapes = `is no URL: write / as %2F, @ as %40 and % as %25, and ? as %3F and # as %23 in user and password, e.g. ${example}`

export function isUrl(text: string): boolean {
  return /^[a-z][a-z\d+.-]*:\/\//i.test(text)
}

/**
 * A URL as mysql2 reads it, whose parameters may also be those of ORMs, hosters and other drivers.
 *
 * @throws ERR_CONFIG; nothing that may be a part of a password is in the message
 */
export function parseUrl(uri: string): Dsn {
  if (!/^(?:mysql|mariadb):/i.test(uri)) throw wrong(`is a URL of something else; it must be as ${example}`)
  const draft = newDraft()
  const all: Record<string, unknown> = { ...locationOf(uri) }
  const { search, pathname, hash } = new URL(uri)
  // The rest of a password that has a ?, a / or a # in it, with what comes behind it.
  if (/@/.test(search + pathname + hash)) throw wrong(escapes)
  for (const [name, value] of new URLSearchParams(search)) {
    const reader = Object.hasOwn(foreignParameters, name) ? foreignParameters[name] : undefined
    if (reader && !value.startsWith('{')) reader(value, draft, name)
    else if (Object.hasOwn(driverOptions, name)) all[name] ??= jsonOr(value)
    else throw wrong(`has an unknown field ${shown(name)}; it must be as ${example}`)
  }
  const { options, prepared, mayBePlain } = draft
  return {
    options: { ...options, ...all },
    variables: [],
    mayBePlain,
    ...(prepared !== undefined && { prepared }),
  }
}

/** The name of a parameter if it begins or ends as an option does: any other may be the rest of a password. */
function shown(name: string): string {
  const isSlip = Object.keys(driverOptions).some(
    option => option.length > 5 && (name.startsWith(option.slice(0, 6)) || name.endsWith(option.slice(-6))),
  )
  return isSlip && /^\w+$/.test(name) ? `'${name}'` : 'behind the ?'
}

function locationOf(uri: string): object {
  try {
    const { hostname, port, pathname, username, password } = new URL(uri)
    return {
      host: decodeURIComponent(hostname.replace(/^\[(.*)\]$/, '$1')),
      ...(port && { port: Number(port) }),
      ...(pathname.length > 1 && { database: decodeURIComponent(pathname.slice(1)) }),
      ...(username && { user: decodeURIComponent(username) }),
      ...(password && { password: decodeURIComponent(password) }),
    }
  } catch (error) {
    if (error instanceof URIError || error instanceof TypeError) throw wrong(escapes)
    throw error
  }
}

function jsonOr(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

function wrong(problem: string): Error {
  return configError('mysql', problem)
}
