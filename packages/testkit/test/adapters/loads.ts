import type { IncomingMessage } from 'node:http'
import type { AppData } from '@sess/core'
import { type AdapterOptions, RequestSession } from '@sess/core/adapter'
import type { Broken } from './broken.ts'
import { type Exchange, type Fail, PlainAdapter, type Sessions } from './plain.ts'

type Options = AdapterOptions<IncomingMessage>

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
    if (!this.options.lazy) return session
    const start = () => session.sessionStart().catch(withoutStatus)
    return new Proxy(session, {
      get: (target, name) => (name === 'sessionStart' ? start : Reflect.get(target, name)),
    })
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
    return this.#isOff
      ? new RequestSession<AppData>(undefined, undefined, 'it is off')
      : super.session(exchange, fail)
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
    // Where there is nothing to load nobody has to wait.
    if (exchange.req.headers.cookie === undefined) return super.begin(exchange, fail)
    exchange.session = this.session(exchange, fail)
    setImmediate(() => this.adapter.start(exchange.session)?.catch(fail))
  }
}

/** Adapters that load the wrong session, or at the wrong time. */
export const loads: Broken[] = [
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
      'loading / that cannot connect is an error with status 503, and the next request connects',
      'loading / that fails is an error with status 503, and no handler runs',
      'loading / that fails is a 503 where the app has no error handler',
    ],
  },
  {
    name: 'a failed load passes the app by',
    AdapterClass: AnswersLoadErrorsItself,
    fails: [
      'loading / that cannot connect is an error with status 503, and the next request connects',
      'loading / that fails is an error with status 503, and no handler runs',
    ],
  },
  {
    name: 'a failed load has no status',
    AdapterClass: TakesLoadErrorsFor500,
    fails: [
      'loading / that cannot connect is an error with status 503, and the next request connects',
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
      'loading / that cannot connect is an error with status 503, and the next request connects',
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
      'routes / without a session, where an end or a new id that nobody awaits is an error',
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
      'the session as an object / *',
      'loading / connects a manager that connects at its first use',
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
      'failures / to save under an id that is new already leave the visitor that id',
    ],
  },
]
