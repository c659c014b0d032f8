import { inspect } from 'node:util'
import type { Session } from '@sess/core'
import { type Html, html } from '../html.ts'
import type { Settings, Visitor } from '../sessions.ts'
import { code, layout } from './layout.ts'

export interface HomeParts {
  settings: Settings
  /** The name of the record at the engine: a hash, for a session's id is never shown. */
  recordId: string
  /** What is wrong with the name that was sent. */
  problem?: string | undefined
}

export function homePage(sess: Session<Visitor>, parts: HomeParts): Html {
  const username = sess.get('username')
  return layout({
    title: username ?? 'Log in',
    path: '/',
    script: 'life.js',
    body: html`
    <div class="columns">
      <section class="lede">${username === undefined ? loginForm(sess.isNew, parts.problem) : greeting(username)}</section>
      <section class="card" aria-labelledby="session-title">
        <h2 id="session-title">Your session</h2>
        ${sess.isNew ? nothingYet(parts.settings.provider) : sessionDetails(sess, parts)}
      </section>
    </div>`,
  })
}

function loginForm(isNew: boolean, problem?: string): Html {
  return html`
        <h1>Hello, stranger.</h1>
        <p>Log in with any name. ${
          isNew
            ? 'Until you do, nothing is stored and you get no cookie.'
            : 'What your session holds by now comes along, under a new id.'
        }</p>
        <form method="post" action="/login">
          <label for="username">Your name</label>
          <div class="field">
            <input id="username" name="username" required maxlength="40" autocomplete="username" autocapitalize="words"
              ${problem && html`aria-invalid="true" aria-describedby="problem"`}>
            <button>Log in</button>
          </div>
          ${problem && html`<p class="problem" id="problem" role="alert">${problem}</p>`}
        </form>`
}

function greeting(username: string): Html {
  return html`
        <h1>Hello, ${username}.</h1>
        <p>Your name comes from the session. The login gave it a new id, and the logout ends it for good.</p>
        ${code(`const sess = await sessions.sessionRegenerateId(req, res)
sess.set('username', username)`)}
        <form method="post" action="/logout"><button class="quiet">Log out</button></form>`
}

function nothingYet(engine: string): Html {
  return html`
        <p class="none">None.</p>
        <p class="small">Looking stores nothing: no cookie with you, no record on the <b>${engine}</b> engine.</p>`
}

function sessionDetails(sess: Session<Visitor>, { settings, recordId }: HomeParts): Html {
  const left = Math.max(0, sess.expiresAt - Date.now())
  return html`
        <p class="life" id="life" data-left="${left}">
          <span class="clock" id="clock" role="timer" aria-label="Time left">${clock(left)}</span>
          <span class="small" id="life-note" role="status">to live, unless you come back</span>
        </p>
        <progress id="life-bar" max="${settings.maxLifetime * 1000}" value="${left}" aria-hidden="true"></progress>
        <table>
          <caption>What it holds</caption>
          <thead><tr><th scope="col">Key</th><th scope="col">Value</th><th scope="col">Type</th></tr></thead>
          <tbody>
            ${[...sess.entries()].map(
              ([key, value]) =>
                html`<tr><th scope="row">${key}</th><td>${show(value)}</td><td>${typeName(value)}</td></tr>`,
            )}
          </tbody>
        </table>
        <dl>
          <dt>Engine</dt><dd>${settings.provider}</dd>
          <dt>Record</dt><dd><code title="${recordId}">${recordId.slice(0, 16)}…</code></dd>
          <dt>Began</dt><dd>${show(new Date(sess.createdAt))}</dd>
        </dl>`
}

/** Minutes and seconds, as `public/life.js` goes on to count them. */
function clock(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

function show(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Date) return `${value.toISOString().slice(0, 19).replace('T', ' ')} UTC`
  return inspect(value, { depth: 2, maxStringLength: 200 })
}

function typeName(value: unknown): string {
  return typeof value === 'object' && value !== null ? value.constructor.name : typeof value
}
