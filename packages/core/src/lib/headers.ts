import type { OutgoingHttpHeader } from 'node:http'

/**
 * Whether a header tells of the answer that it comes with. Others are said with every answer, as those of CORS and of
 * security: an answer in place of another keeps them.
 */
export function isOfAnswer(name: string): boolean {
  return /^(?:accept-ranges|age|(?:.+-)?cache-control|content-(?!security-policy).*|digest|edge-control|etag|expires|last-modified|link|location|pragma|refresh|set-cookie|surrogate-control|trailer|transfer-encoding|x-accel-.*|x-sendfile)$/i.test(
    name,
  )
}

/**
 * Whether the client reached the outermost trusted proxy over TLS, as one of the proxies' headers says: `Forwarded`
 * (RFC 7239) or `X-Forwarded-Proto`. A client can send both, and a proxy writes one of them and passes the other on:
 * a header that says nothing, or less, does not speak against the other.
 *
 * @param proxies how many proxies are trusted; each adds to the end of a list
 */
export function isForwardedSecure(header: (name: string) => string | undefined, proxies: number): boolean {
  if (proxies === 0) return false
  const proto = header('x-forwarded-proto')
  if (proto !== undefined && isSecureScheme(trusted(proto, proxies))) return true
  const forwarded = header('forwarded')
  return forwarded !== undefined && isSecureScheme(protoOf(trusted(forwarded, proxies)))
}

/** What the outermost trusted proxy has said. */
function trusted(list: string, proxies: number): string {
  const elements = splitList(list, ',')
  return elements[Math.max(0, elements.length - proxies)] ?? ''
}

/** `proto` of an element of `Forwarded`. */
function protoOf(element: string): string {
  const pair = splitList(element, ';').find(pair => /^proto\s*=/i.test(pair)) ?? ''
  const value = pair.slice(pair.indexOf('=') + 1).trim()
  return value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value
}

/** Some proxies tell a WebSocket by its own scheme. */
function isSecureScheme(scheme: string): boolean {
  return /^(?:https|wss)$/i.test(scheme)
}

/**
 * The members of a list that are not empty. A separator inside of a quoted string separates nothing. Read from the end,
 * so that a quote which a client has left open cannot swallow what a proxy has added.
 */
function splitList(list: string, separator: ',' | ';'): string[] {
  const members: string[] = []
  let end = list.length
  let isQuoted = false
  for (let i = end - 1; i >= -1; i--) {
    if (list[i] === '"' && !isEscaped(list, i)) isQuoted = !isQuoted
    if (i >= 0 && (list[i] !== separator || isQuoted)) continue
    const member = list.slice(i + 1, end).trim()
    if (member !== '') members.push(member)
    end = i
  }
  return members.reverse()
}

/** Whether an odd number of backslashes stands before it. */
function isEscaped(text: string, at: number): boolean {
  let start = at
  while (text[start - 1] === '\\') start--
  return (at - start) % 2 === 1
}

/** How to read and change the headers of a response. */
export interface HeaderAccess<Headers> {
  /** In lower case. */
  names(headers: Headers): Iterable<string>
  get(headers: Headers, name: string): OutgoingHttpHeader | null | undefined
  set(headers: Headers, name: string, value: string): void
}

/** A field that a shared cache obeys has been changed. */
export interface CacheFieldChange {
  /** In lower case, e.g. `cdn-cache-control`. */
  readonly field: string
  readonly from: string
  readonly to: string
}

/**
 * Keeps a response that sets a session cookie out of shared caches, which would hand one visitor's session to others:
 * `Cache-Control`, and each field that a shared cache prefers to it. What else the handler said stays.
 *
 * `Expires` stays too: it says for how long, and `Cache-Control: private` says that it is not for a shared cache
 * (RFC 9111 section 5.2.2.7).
 *
 * @param onChange told of what the handler had said of shared caches
 */
export function keepPrivate<Headers>(
  access: HeaderAccess<Headers>,
  headers: Headers,
  onChange: (change: CacheFieldChange) => void,
): void {
  let isSaid = false
  for (const field of access.names(headers)) {
    const rule = ruleOf(field)
    if (rule === undefined) continue
    const isCacheControl = field === 'cache-control'
    isSaid ||= isCacheControl
    const value = access.get(headers, field) ?? ''
    const from = Array.isArray(value) ? value.join(', ') : String(value)
    const to = rule(from)
    if (to === from) continue
    access.set(headers, isCacheControl ? 'Cache-Control' : field, to)
    if (!isCacheControl || isForShared(from)) onChange({ field, from, to })
  }
  if (!isSaid) access.set(headers, 'Cache-Control', 'private')
}

/** How a field that shared caches obey is made private. */
function ruleOf(name: string): ((value: string) => string) | undefined {
  if (name === 'cache-control') return privateCacheControl
  // RFC 9213: CDN-Cache-Control, and one for each make of cache. An empty one counts as absent.
  if (name.endsWith('-cache-control')) return value => (value === '' ? value : privateCacheControl(value))
  if (name === 'surrogate-control' || name === 'edge-control') return unstored
  // nginx. 0 is "do not cache".
  return name === 'x-accel-expires' ? () => '0' : undefined
}

/** The value of `Cache-Control`, or of a targeted field of RFC 9213, for one visitor only. */
function privateCacheControl(value: string): string {
  if (value === '' || value === 'private' || value === 'no-store') return value || 'private'
  const directives = splitList(value, ',')
  const values = (name: string) => directives.filter(directive => nameOf(directive) === name)
  const isBare = (name: string) => {
    const given = values(name)
    return given.length > 0 && given.every(directive => directive.length === name.length)
  }
  // With must-understand a cache ignores no-store (RFC 9111 section 5.2.2.3).
  if (isBare('private') || (isBare('no-store') && values('must-understand').length === 0)) return value
  // One with a value is about single headers, or, in a structured field, false.
  return [
    'private',
    ...directives.filter(directive => !/^(?:private|public|s-maxage)$/.test(nameOf(directive))),
  ].join(', ')
}

/** The value of a field that knows no `private`: nothing is stored, and what an edge does with the content stays. */
function unstored(value: string): string {
  const directives = splitList(value, ',')
  if (directives.length === 0 || directives.includes('no-store')) return value
  return ['no-store', ...directives.filter(directive => nameOf(directive) === 'content')].join(', ')
}

function isForShared(value: string): boolean {
  return splitList(value, ',').some(directive => /^(?:public|s-maxage)$/.test(nameOf(directive)))
}

/** The name of a directive, in lower case. */
function nameOf(directive: string): string {
  return (/^[^\s=;]*/.exec(directive)?.[0] ?? '').toLowerCase()
}
