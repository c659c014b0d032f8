import type { AppData } from '@sess/core'
import { beginAnew, RequestSession, type SessionCallback, tell } from '@sess/core/adapter'

/** The session of a request, as @fastify/session and @fastify/secure-session have it, too. */
export class FastifySession extends RequestSession<AppData> {
  /** The id, as `id`. */
  get sessionId(): string {
    return this.id
  }

  /**
   * As in @fastify/session: ends this session, and puts another one in `request.session`, with a new id and without data
   * but for the keys that are named. This one can still be read. For a new id that keeps the data there is
   * `sessionRegenerateID()`.
   */
  override regenerate(keys?: readonly string[]): Promise<void>
  override regenerate(callback: SessionCallback): this
  override regenerate(keys: readonly string[], callback: SessionCallback): this
  override regenerate(
    first?: readonly string[] | SessionCallback,
    second?: SessionCallback,
  ): Promise<void> | this {
    const [keys, callback] = typeof first === 'function' ? [undefined, first] : [first, second]
    return tell(this, () => beginAnew(this, keys), callback)
  }

  /** All data, as in @fastify/secure-session. */
  data(): Partial<AppData> {
    return this.toJSON()
  }
}
