import type { IncomingMessage } from 'node:http'
import type { AppData } from '@sess/core'
import { type AdapterOptions, RequestSession, withStatus } from '@sess/core/adapter'
import type { Broken } from './broken.ts'
import { type Exchange, type Fail, PlainAdapter, type Sessions } from './plain.ts'

type Options = AdapterOptions<IncomingMessage>

/** Answers failed saves as it likes. */
abstract class OwnSaveError extends PlainAdapter {
  override session(exchange: Exchange, fail: Fail) {
    const { req, res, trustProxy } = exchange
    return this.adapter.session(req, req, res, {
      isSecure: () => trustProxy && req.headers['x-forwarded-proto'] === 'https',
      onSaveError: error => this.answer(error, exchange, fail),
    })
  }

  protected abstract answer(error: unknown, exchange: Exchange, fail: Fail): void
}

class SwallowsSaveErrors extends OwnSaveError {
  protected answer(_: unknown, { res }: Exchange): void {
    res.statusCode = 200
    res.end('done')
  }
}

class AnswersSaveErrorsItself extends OwnSaveError {
  protected answer(_: unknown, { res }: Exchange): void {
    res.end('Internal Server Error')
  }
}

class GivesSaveErrorsNoStatus extends OwnSaveError {
  protected answer(error: unknown, _: Exchange, fail: Fail): void {
    fail(error)
  }
}

class TriesFailedSavesAgain extends OwnSaveError {
  protected answer(error: unknown, { session }: Exchange, fail: Fail): void {
    session.sessionRelease().catch(() => fail(withStatus(error, 500)))
  }
}

class LoadsInLazyMode extends PlainAdapter {
  override async begin(exchange: Exchange, fail: Fail) {
    await super.begin(exchange, fail)
    if (!exchange.session.isOff) await exchange.session.sessionStart()
  }
}

class IgnoresLoadErrors extends PlainAdapter {
  override begin(exchange: Exchange, fail: Fail) {
    return super.begin(exchange, fail).catch(() => {})
  }
}

class AnswersLoadErrorsItself extends PlainAdapter {
  override async begin(exchange: Exchange, fail: Fail) {
    await super.begin(exchange, fail).catch(() => {
      exchange.res.statusCode = 503
      exchange.res.end('Service Unavailable')
      return new Promise(() => {})
    })
  }
}

const withoutStatus = (error: unknown): never => {
  throw Object.assign(error as object, { status: undefined, statusCode: undefined })
}

class TakesLoadErrorsFor500 extends PlainAdapter {
  override begin(exchange: Exchange, fail: Fail) {
    return super.begin(exchange, fail).catch(withoutStatus)
  }
}

class TakesLazyLoadErrorsFor500 extends PlainAdapter {
  override session(exchange: Exchange, fail: Fail) {
    const session = super.session(exchange, fail)
    if (this.options.lazy) {
      const start = session.sessionStart.bind(session)
      session.sessionStart = () => start().catch(withoutStatus)
    }
    return session
  }
}

/** Makes options of its own of those that it gets. */
const withOptions = (change: (options: Options) => Options) =>
  class extends PlainAdapter {
    constructor(sessions: Sessions, options: Options) {
      super(sessions, change(options))
    }
  }

const IsAlwaysAnonymous = withOptions(options => ({ ...options, onLoadError: 'anonymous' }))
const IsNeverAnonymous = withOptions(options => ({ ...options, onLoadError: 'error' }))
const IgnoresFunctionsOfLoadErrors = withOptions(({ onLoadError = 'error', ...rest }) => ({
  ...rest,
  onLoadError: typeof onLoadError === 'function' ? 'error' : onLoadError,
}))
const IgnoresSessionOn = withOptions(options => ({ ...options, sessionOn: true }))
const AsksNoFunction = withOptions(({ sessionOn = true, ...rest }) => ({
  ...rest,
  sessionOn: sessionOn !== false,
}))
const IsNeverLazy = withOptions(options => ({ ...options, lazy: false }))

class KnowsNoReason extends PlainAdapter {
  readonly #isOff: boolean

  constructor(sessions: Sessions, options: Options) {
    super(sessions, options)
    this.#isOff = 'why' in sessions
  }

  override session(exchange: Exchange, fail: Fail) {
    return this.#isOff ? RequestSession.off<AppData>('it is off') : super.session(exchange, fail)
  }
}

class HearsOnlyTheFirst extends PlainAdapter {
  override async begin(exchange: Exchange, fail: Fail) {
    if (exchange.session === undefined) await super.begin(exchange, fail)
  }
}

class BeginsForEveryMiddleware extends PlainAdapter {
  override session(exchange: Exchange, fail: Fail) {
    return super.session({ ...exchange, req: Object.create(exchange.req) }, fail)
  }
}

class DoesNotWaitForTheLoad extends PlainAdapter {
  override async begin(exchange: Exchange, fail: Fail) {
    super.begin(exchange, fail).catch(fail)
  }
}

class ChangesEverySession extends PlainAdapter {
  override async begin(exchange: Exchange, fail: Fail) {
    await super.begin(exchange, fail)
    const { session } = exchange
    if (session.isStarted && !session.isReadOnly) session.update('seen', n => ((n as number) ?? 0) + 1)
  }
}

class WaitsForExtensions extends PlainAdapter {
  readonly #sessions: Sessions

  constructor(sessions: Sessions, options: Options) {
    super(sessions, options)
    this.#sessions = sessions
  }

  override async begin(exchange: Exchange, fail: Fail) {
    const sessions = this.#sessions
    const extended = new Promise(resolve => {
      if ('on' in sessions) sessions.on('extended', resolve)
    })
    await super.begin(exchange, fail)
    const { session } = exchange
    // Only there is a lifetime of 1000 s.
    if (session.isStarted && !session.isNew && session.expiresAt - Date.now() < 1_001_000) await extended
  }
}

class DropsTheChangesOfFailedHandlers extends PlainAdapter {
  override failed({ session }: Exchange): void {
    if (session?.isStarted && !session.isReadOnly) session.flush()
  }
}

class DropsTheChangesOfGoneClients extends PlainAdapter {
  override async begin(exchange: Exchange, fail: Fail) {
    await super.begin(exchange, fail)
    const { res, session } = exchange
    res.once('close', () => {
      if (res.writableFinished) return
      session.flush()
      Object.assign(session, { update: () => undefined })
    })
  }
}

/** Believes proxies as it likes. */
const trusting = (trustProxy: boolean) =>
  class extends PlainAdapter {
    override session(exchange: Exchange, fail: Fail) {
      return super.session({ ...exchange, trustProxy }, fail)
    }
  }

class LeavesProxiesToTheManager extends PlainAdapter {
  override session({ req, res }: Exchange, fail: Fail) {
    return this.adapter.session(req, req, res, { onSaveError: error => fail(withStatus(error, 500)) })
  }
}

/** Adapters that treat the app wrongly. */
export const inTheApp: Broken[] = [
  {
    name: 'a failed save is swallowed',
    AdapterClass: SwallowsSaveErrors,
    fails: [
      'answering with * / is an error when the save fails',
      'failures / to save are a 500 without a cookie where the app has no error handler',
      'failures / to save leave what was stored, and hurt no later request',
      'failures / to save an answer to HEAD are a 500',
      'failures / to save with the answer to an error are a 500 as well',
      'failures / of a value that cannot be stored are errors, too',
    ],
  },
  {
    name: 'a failed save passes the app by',
    AdapterClass: AnswersSaveErrorsItself,
    fails: [
      'answering with * / is an error when the save fails',
      'failures / to save leave what was stored, and hurt no later request',
      'failures / to save an answer to HEAD are a 500',
      'failures / of a value that cannot be stored are errors, too',
    ],
  },
  {
    name: 'a failed save has no status',
    AdapterClass: GivesSaveErrorsNoStatus,
    fails: [
      'answering with * / is an error when the save fails',
      'failures / to save leave what was stored, and hurt no later request',
    ],
  },
  {
    name: 'a failed save is tried again',
    AdapterClass: TriesFailedSavesAgain,
    fails: [
      'answering with * / is an error when the save fails',
      'failures / to save are a 500 without a cookie where the app has no error handler',
      'failures / to save leave what was stored, and hurt no later request',
      'failures / to save with the answer to an error are a 500 as well',
    ],
  },
  {
    name: 'lazy sessions are loaded',
    AdapterClass: LoadsInLazyMode,
    fails: [
      'loading / costs nothing in lazy mode where no handler asks',
      'loading / is asked for in lazy mode by the error of a handler that forgot it',
      'routes / that load their session when the handler asks',
      'routes / that go on without a session that cannot be loaded',
    ],
  },
  {
    name: 'lazy is ignored',
    AdapterClass: IsNeverLazy,
    fails: [
      'loading / costs nothing in lazy mode where no handler asks',
      'loading / is asked for in lazy mode by the error of a handler that forgot it',
      'routes / that load their session when the handler asks',
      'routes / that go on without a session that cannot be loaded',
    ],
  },
  {
    name: 'a failed load is ignored',
    AdapterClass: IgnoresLoadErrors,
    fails: [
      'loading / that fails is an error with status 503, and no handler runs',
      'loading / that fails is a 503 where the app has no error handler',
    ],
  },
  {
    name: 'a failed load passes the app by',
    AdapterClass: AnswersLoadErrorsItself,
    fails: ['loading / that fails is an error with status 503, and no handler runs'],
  },
  {
    name: 'a failed load has no status',
    AdapterClass: TakesLoadErrorsFor500,
    fails: [
      'loading / that fails is an error with status 503, and no handler runs',
      'loading / that fails is a 503 where the app has no error handler',
    ],
  },
  {
    name: 'a failed load has no status in lazy mode',
    AdapterClass: TakesLazyLoadErrorsFor500,
    fails: ['loading / that fails in lazy mode is an error with status 503, too'],
  },
  {
    name: 'a failed load is always forgiven',
    AdapterClass: IsAlwaysAnonymous,
    fails: [
      'loading / that fails is an error with status 503, and no handler runs',
      'loading / that fails is a 503 where the app has no error handler',
      'loading / that fails in lazy mode is an error with status 503, too',
    ],
  },
  {
    name: 'a failed load is never forgiven',
    AdapterClass: IsNeverAnonymous,
    fails: [
      'loading / that fails gives an empty session that cannot be changed where the options say so',
      'loading / that fails gives an empty session that cannot be changed where the function in the options says so',
      'routes / that go on without a session that cannot be loaded',
    ],
  },
  {
    name: 'a function of failed loads is not asked',
    AdapterClass: IgnoresFunctionsOfLoadErrors,
    fails: [
      'loading / that fails gives an empty session that cannot be changed where the function in the options says so',
    ],
  },
  {
    name: 'sessionOn is ignored',
    AdapterClass: IgnoresSessionOn,
    fails: [
      'routes / without a session, by the options of the app',
      'routes / without a session, by the options of the route',
      'routes / without a session, by a function that looks at the request',
    ],
  },
  {
    name: 'a function in sessionOn is not asked',
    AdapterClass: AsksNoFunction,
    fails: ['routes / without a session, by a function that looks at the request'],
  },
  {
    name: 'why sessions are off is lost',
    AdapterClass: KnowsNoReason,
    fails: ['routes / without a session, by the configuration'],
  },
  {
    name: 'the options of a route are ignored',
    AdapterClass: HearsOnlyTheFirst,
    fails: [
      'routes / without a session, by the options of the app',
      'routes / without a session, by the options of the route',
      'routes / that load their session when the handler asks',
      'routes / that go on without a session that cannot be loaded',
    ],
  },
  {
    name: 'every middleware begins anew',
    AdapterClass: BeginsForEveryMiddleware,
    fails: ['routes / that have one session twice, and send one cookie'],
  },
  {
    name: 'the handler does not wait for the load',
    AdapterClass: DoesNotWaitForTheLoad,
    fails: [
      'sessions / count as the counter of the original does',
      'sessions / lose no update of requests that overlap',
      'sessions / get a new id at login, and the old one is dead',
      'sessions / end at logout, with their cookie',
      'sessions / begin anew with what is set after the end of one',
      'sessions / hand a flash message to one request',
      'loading / is done before the handler, once',
      'loading / that fails is an error with status 503, and no handler runs',
      'loading / that fails is a 503 where the app has no error handler',
      'loading / that fails gives an empty session that cannot be changed where the options say so',
      'loading / that fails gives an empty session that cannot be changed where the function in the options says so',
      'routes / without a session, by the options of the route',
      'routes / that load their session when the handler asks',
      'routes / that go on without a session that cannot be loaded',
      'routes / that have one session twice, and send one cookie',
      'answering with * / is left alone when nothing changed',
      'saving / is over when a redirect is followed on its headers',
      'saving / is done though the client is gone when the handler answers',
      'saving / of nothing delays nothing',
      'failures / to save leave what was stored, and hurt no later request',
    ],
  },
  {
    name: 'every session is changed',
    AdapterClass: ChangesEverySession,
    fails: [
      'sessions / cost a visitor who stores nothing neither a cookie nor a round trip',
      'loading / is done before the handler, once',
      'answering with * / is left alone when nothing changed',
      'streams / go out as they are made when nothing changed',
    ],
  },
  {
    name: 'responses wait for extensions',
    AdapterClass: WaitsForExtensions,
    fails: ['saving / of nothing delays nothing'],
  },
  {
    name: 'an error loses the changes',
    AdapterClass: DropsTheChangesOfFailedHandlers,
    fails: [
      'saving / is done with the answer to an error that was thrown after a change',
      'saving / is done with the answer of a framework that has no error handler',
      'failures / to save with the answer to an error are a 500 as well',
    ],
  },
  {
    name: 'a client that is gone loses the changes',
    AdapterClass: DropsTheChangesOfGoneClients,
    fails: [
      'saving / is done though the client is gone when the handler answers',
      'saving / is done though the client is gone when the handler changes the session',
    ],
  },
  {
    name: 'every proxy is believed',
    AdapterClass: trusting(true),
    fails: ['proxies / that are not trusted make no cookie Secure'],
  },
  {
    name: 'no proxy is believed',
    AdapterClass: trusting(false),
    fails: ['proxies / that are trusted make the cookie Secure'],
  },
  {
    name: 'proxies are left to the manager',
    AdapterClass: LeavesProxiesToTheManager,
    fails: [
      'proxies / that are trusted make the cookie Secure',
      'proxies / that are not trusted make no cookie Secure',
    ],
  },
]
