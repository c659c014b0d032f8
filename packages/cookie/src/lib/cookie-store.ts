import { type Clock, type EngineCookie, RecentMap, type SealedStore, type Unsealed } from '@sess/core/engine'
import { type CookieConfig, readConfig } from './cookie-config.ts'
import { SealingKey } from './sealing-key.ts'

/** What a {@link CookieStore} needs besides its configuration. */
export interface CookieStoreContext {
  readonly clock: Clock
  /** The name of the cookie that the seals are for: no other opens them. */
  readonly cookieName: string
}

/** How far the clock of another server may be ahead, in milliseconds. */
const CLOCK_SKEW = 60_000
/** When it was sealed and when it expires, as doubles. */
const TIMES_BYTES = 16

/** Seals that are remembered with what is in them: a page is many requests with one cookie, and opening one is dear. */
const RECENT = 500
/** Characters of a seal that is remembered, so that all of them are a few megabytes at most. */
const RECENT_LENGTH = 4096

/** Seals are looked up by their ends, a part of the tag: the whole of one would have to be hashed for every request. */
const END_LENGTH = 20

/** What was in a seal, and whose it is. */
interface Opened {
  readonly sealed: string
  readonly content: Buffer
  readonly key: SealingKey
}

/** Sessions that live with the client, encrypted and authenticated. Servers that have the same secrets share them. */
export class CookieStore implements SealedStore {
  readonly maxCookies?: number
  readonly cookie: EngineCookie
  readonly #clock: Clock
  readonly #first: SealingKey
  readonly #keys: ReadonlyMap<number, SealingKey>
  readonly #recent = new RecentMap<Opened>(RECENT)

  private constructor(config: string | CookieConfig, { clock, cookieName }: CookieStoreContext) {
    const { secrets, maxCookies, cookie } = readConfig(config, cookieName)
    const keys = secrets.map(secret => new SealingKey(secret, cookieName))
    if (maxCookies !== undefined) this.maxCookies = maxCookies
    this.cookie = cookie
    this.#clock = clock
    this.#first = keys[0] as SealingKey
    // A secret that is listed twice stands where it is first.
    this.#keys = new Map([...keys].reverse().map(key => [key.id, key]))
  }

  /**
   * Derives the keys from the secrets of the configuration.
   *
   * @throws ERR_CONFIG if the configuration is wrong, or a secret is missing or weak
   */
  static async open(config: string | CookieConfig, context: CookieStoreContext): Promise<CookieStore> {
    return new CookieStore(config, context)
  }

  seal(data: Uint8Array, expiresAt: number): string {
    const content = Buffer.allocUnsafe(TIMES_BYTES + data.length)
    content.writeDoubleBE(timeOfSeal(this.#clock.now()))
    content.writeDoubleBE(expiresAt, 8)
    content.set(data, TIMES_BYTES)
    const sealed = this.#first.seal(content).toString('base64url')
    this.#remember({ sealed, content, key: this.#first })
    return sealed
  }

  /** What was sealed. `undefined` also for what has expired, and for what was sealed in the future. */
  open(sealed: string): Unsealed | undefined {
    const recent = this.#recent.get(sealed.slice(-END_LENGTH))
    const opened = recent?.sealed === sealed ? recent : this.#open(sealed)
    if (opened === undefined) return undefined
    const { content, key } = opened
    const sealedAt = content.readDoubleBE(0)
    const expiresAt = content.readDoubleBE(8)
    const now = this.#clock.now()
    if (sealedAt > now + CLOCK_SKEW || expiresAt <= now) return undefined
    return { data: content.subarray(TIMES_BYTES), expiresAt, sealedAt, isOutdated: key !== this.#first }
  }

  #open(sealed: string): Opened | undefined {
    const bytes = Buffer.from(sealed, 'base64url')
    const key = this.#keys.get(SealingKey.idOf(bytes) ?? Number.NaN)
    const text = bytes.toString('base64url')
    // Decoding is lenient, and one session is to have one text.
    if (key === undefined || text !== sealed) return undefined
    const content = key.open(bytes)
    if (content === undefined) return undefined
    const opened = { sealed: text, content, key }
    this.#remember(opened)
    return opened
  }

  #remember(opened: Opened): void {
    const { sealed } = opened
    // A part of the seal, which stays in memory anyway: no copy.
    if (sealed.length <= RECENT_LENGTH) this.#recent.set(sealed.slice(-END_LENGTH), opened)
  }
}

let lastSealedAt = 0

/** The time, moved on by a thousandth for each further seal of a millisecond, so that none is as old as another. */
function timeOfSeal(now: number): number {
  lastSealedAt = Math.floor(lastSealedAt) === now ? lastSealedAt + 0.001 : now
  return lastSealedAt
}
