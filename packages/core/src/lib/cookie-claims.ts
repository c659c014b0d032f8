import { SessionError } from './errors.ts'

/** The names of one manager's cookies: `name`, and for a sealed session its parts `name.1` to `name.<count - 1>`. */
export interface CookieClaim {
  readonly name: string
  readonly count: number
}

// On a global symbol, so that two copies of this package see each other's. Weak, as not every manager is closed.
const symbol = Symbol.for('@sess/core/cookies')
const global = globalThis as { [symbol]?: Set<WeakRef<CookieClaim>> }
global[symbol] ??= new Set()
const claims: Set<WeakRef<CookieClaim>> = global[symbol]

/**
 * Claims cookies for as long as the claim is kept, or until it is released. Two managers may have cookies of one name,
 * as two servers do.
 *
 * @throws ERR_CONFIG where the cookie of one manager is a part of the session of another
 */
export function claimCookies(claim: CookieClaim): void {
  for (const reference of claims) {
    const other = reference.deref()
    if (other === undefined) claims.delete(reference)
    else if (isPart(claim, other)) throw clash(claim.name, other.name)
    else if (isPart(other, claim)) throw clash(other.name, claim.name)
  }
  claims.add(new WeakRef(claim))
}

export function releaseCookies(claim: CookieClaim): void {
  for (const reference of claims) if (reference.deref() === claim) claims.delete(reference)
}

function isPart({ name }: CookieClaim, whole: CookieClaim): boolean {
  const [, number] = name.startsWith(`${whole.name}.`)
    ? (/^\.([1-9]\d*)$/.exec(name.slice(whole.name.length)) ?? [])
    : []
  return number !== undefined && Number(number) < whole.count
}

function clash(part: string, whole: string): SessionError {
  return new SessionError(
    'ERR_CONFIG',
    `The cookie '${part}' of one manager is a part of the sessions that another manager keeps in the cookies '${whole}', ` +
      `'${whole}.1', …, so the two would overwrite each other: give one of them another cookieName, e.g. 'app-sid'`,
  )
}
