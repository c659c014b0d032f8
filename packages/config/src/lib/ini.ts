import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { wrong } from './wrong.ts'

/** A line `key = value`. Section and key are in lower case; what comes before any section is in `default`. */
export interface Line {
  readonly section: string
  readonly key: string
  readonly value: string
  /** Where it is: `conf/app.conf:3`. */
  readonly at: string
}

/**
 * The lines of an INI file and of those that it includes, in order, as the original's reader takes them:
 * comments are whole lines, a value goes from the first `=` to the end of its line, one that begins with a
 * double quote loses its quotes, and `${NAME||otherwise}` is the environment's.
 *
 * @throws ERR_CONFIG if a file cannot be read, or a line is none of these
 */
export function readIni(path: string, at: string = path, including: readonly string[] = []): Line[] {
  const lines: Line[] = []
  let section = 'default'
  for (const [index, raw] of read(path, at).split('\n').entries()) {
    // Takes a byte order mark away too.
    const line = raw.trim()
    const here = `${path}:${index + 1}`
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue
    if (line.startsWith('[') && line.endsWith(']')) {
      section = line.slice(1, -1).toLowerCase()
      continue
    }
    const equals = line.indexOf('=')
    if (equals === -1) {
      lines.push(...readIncluded(line, path, here, [...including, resolve(path)]))
      continue
    }
    const key = line.slice(0, equals).trim().toLowerCase()
    lines.push({ section, key, value: readValue(line.slice(equals + 1).trim()), at: here })
  }
  return lines
}

function read(path: string, at: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const { code } = cause as { code?: string }
    const why = code === 'ENOENT' ? 'there is no such file' : `${code}`
    throw wrong(at, `${resolve(path)} cannot be read: ${why}. Give the path of an app.conf`, cause)
  }
}

/** The line itself is not shown: it may be the rest of a password. */
function readIncluded(line: string, path: string, at: string, including: readonly string[]): Line[] {
  const [word = '', quoted, ...more] = line.split(/\s+/)
  if (word.toLowerCase() !== 'include' || quoted === undefined || more.length > 0)
    throw wrong(at, "must be 'key = value', '[section]', 'include \"other.conf\"' or a comment after # or ;")
  const name = unquote(quoted)
  const other = isAbsolute(name) ? name : join(dirname(path), name)
  if (including.includes(resolve(other))) throw wrong(at, `includes ${other}, which includes this file`)
  return readIni(other, at, including)
}

function readValue(text: string): string {
  const value = text.startsWith('"') ? unquote(text) : text
  return /^\$\{.*\}$/s.test(value) ? fromEnvironment(value) : value
}

function unquote(text: string): string {
  return text.replace(/^"+|"+$/g, '')
}

/** `${NAME}` or `${NAME||otherwise}`. Otherwise may hold braces; a name ends at the first. */
function fromEnvironment(value: string): string {
  const [, name = '', rest = ''] = /^\$\{(.*?)(\|\|.*\}|\}.*)$/s.exec(value) ?? []
  return process.env[name] || (rest.startsWith('||') ? rest.slice(2, -1) : '')
}
