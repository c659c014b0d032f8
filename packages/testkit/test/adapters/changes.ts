import type { IncomingMessage } from 'node:http'
import { type AdapterOptions, withStatus } from '@sess/core/adapter'
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
    let note = (): void => {}
    const extended = new Promise<void>(resolve => {
      note = resolve
    })
    if ('on' in sessions) sessions.on('extended', note)
    await super.begin(exchange, fail)
    const { session } = exchange
    // Only there is a lifetime of 1000 s.
    if (session.isStarted && !session.isNew && session.expiresAt - Date.now() < 1_001_000) await extended
    if ('off' in sessions) sessions.off('extended', note)
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
    const isGone = () => res.destroyed && !res.writableFinished
    res.once('close', () => isGone() && session.flush())
    exchange.session = new Proxy(session, {
      get: (target, name) => (name === 'update' && isGone() ? () => undefined : Reflect.get(target, name)),
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

class BelievesAnyStandard extends PlainAdapter {
  override session(exchange: Exchange, fail: Fail) {
    const { forwarded } = exchange.req.headers
    if (!/proto=https/.test(String(forwarded))) return super.session(exchange, fail)
    return this.adapter.session(exchange.req, exchange.req, exchange.res, { isSecure: () => true })
  }
}

class LeavesProxiesToTheManager extends PlainAdapter {
  override session({ req, res }: Exchange, fail: Fail) {
    return this.adapter.session(req, req, res, { onSaveError: error => fail(withStatus(error, 500)) })
  }
}

/** Adapters that do the wrong thing with what was changed. */
export const changes: Broken[] = [
  {
    name: 'a failed save is swallowed',
    AdapterClass: SwallowsSaveErrors,
    fails: [
      'the session as an object / that cannot be ended is a 500, and goes on',
      'the session as an object / is a 500 where destroy fails and nobody waits for that',
      'the session as an object / is a 500 where save fails and nobody waits for that',
      'the session as an object / is a 500 where regenerate fails and nobody waits for that',
      'failures / to save leave what an app says with every answer',
      'failures / to save under an id that is new already leave the visitor that id',
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
      'the session as an object / that cannot be ended is a 500, and goes on',
      'the session as an object / is a 500 where destroy fails and nobody waits for that',
      'the session as an object / is a 500 where save fails and nobody waits for that',
      'the session as an object / is a 500 where regenerate fails and nobody waits for that',
      'failures / to save leave what an app says with every answer',
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
      'the session as an object / that cannot be ended is a 500, and goes on',
      'the session as an object / is a 500 where destroy fails and nobody waits for that',
      'the session as an object / is a 500 where save fails and nobody waits for that',
      'the session as an object / is a 500 where regenerate fails and nobody waits for that',
      'failures / to save leave what an app says with every answer',
      'answering with * / is an error when the save fails',
      'failures / to save leave what was stored, and hurt no later request',
    ],
  },
  {
    name: 'a failed save is tried again',
    AdapterClass: TriesFailedSavesAgain,
    fails: [
      'the session as an object / that cannot be ended is a 500, and goes on',
      'failures / to save leave what an app says with every answer',
      'answering with * / is an error when the save fails',
      'failures / to save are a 500 without a cookie where the app has no error handler',
      'failures / to save leave what was stored, and hurt no later request',
      'failures / to save with the answer to an error are a 500 as well',
    ],
  },
  {
    name: 'every session is changed',
    AdapterClass: ChangesEverySession,
    fails: [
      'the session as an object / keeps a property that is set, and forgets one that is deleted',
      'the session as an object / ends when it is set to null, before the response leaves',
      'the session as an object / that cannot be ended is a 500, and goes on',
      'the session as an object / has the data of a plain object that it is set to, and no other',
      'the session as an object / refuses to be set to anything else',
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
      'the session as an object / refuses to be set to anything else',
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
    name: 'whoever speaks the standard is believed',
    AdapterClass: BelievesAnyStandard,
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
