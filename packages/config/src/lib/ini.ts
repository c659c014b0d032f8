import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import parse from 'ini-simple-parser'
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
  const texts = read(path, at).split(/\r\n?|\n/)
  for (const [index, text] of texts.entries()) {
    const here = `${path}:${index + 1}`
    const line = readLine(text)
    if (!line) {
      lines.push(...readIncluded(text.trim(), path, here, [...including, resolve(path)]))
      continue
    }
    const [name, value] = line
    if (name === undefined) continue
    if (value === undefined) section = name.toLowerCase()
    else lines.push({ section, key: name.toLowerCase(), value: readValue(value), at: here })
  }
  return lines
}

/**
 * A section's name, or a key and its value, or neither; `undefined` if it is no such line. One by one: the parser
 * tells no numbers of lines, and of a section that comes twice only the second half.
 */
function readLine(text: string): [name?: string, value?: string] | undefined {
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse(text)
  } catch {
    return undefined
  }
  // This section became the prototype in place of a property.
  if (Object.getPrototypeOf(parsed) !== Object.prototype) return ['__proto__']
  const [entry] = Object.entries(parsed)
  if (!entry) return []
  const [name, value] = entry
  return typeof value === 'string' ? [name, value] : [name]
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

/** Without the quotes at both ends. By hand: an expression would try each run of quotes in the middle again and again. */
function unquote(text: string): string {
  let [start, end] = [0, text.length]
  while (text[start] === '"') start++
  while (end > start && text[end - 1] === '"') end--
  return text.slice(start, end)
}

/** `${NAME}` or `${NAME||otherwise}`. Otherwise may hold braces; a name ends at the first. */
function fromEnvironment(value: string): string {
  const [, name = '', rest = ''] = /^\$\{(.*?)(\|\|.*\}|\}.*)$/s.exec(value) ?? []
  return process.env[name] || (rest.startsWith('||') ? rest.slice(2, -1) : '')
}
