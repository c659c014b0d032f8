import type { AppData } from '@sess/core'
import { beginAnew, RequestSession, type SessionCallback, tell } from '@sess/core/adapter'

/** The session of a request, as express-session has it, too. */
export class ExpressSession extends RequestSession<AppData> {
  /**
   * As in express-session: ends this session, and puts another one in `req.session`, with a new id and without data.
   * This one can still be read. For a new id that keeps the data there is `sessionRegenerateID()`.
   */
  override regenerate(): Promise<void>
  override regenerate(callback: SessionCallback): this
  override regenerate(callback?: SessionCallback): Promise<void> | this {
    return tell(this, () => beginAnew(this), callback)
  }

  /** As `touch`. */
  resetMaxAge(): this {
    return this.touch()
  }
}
