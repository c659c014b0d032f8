import { type Html, html } from '../html.ts'
import { code, layout } from './layout.ts'

export function counterPage(visits: number): Html {
  return layout({
    title: `${visits} ${visits === 1 ? 'visit' : 'visits'}`,
    path: '/counter',
    body: html`
    <div class="lede">
      <h1><span class="count" id="visits">${visits}</span> ${visits === 1 ? 'visit' : 'visits'}</h1>
      <p>This page counts how often you open it, in your session. Open it in two tabs: they share the count.</p>
      ${code(`const visits = sess.update('visits', (n = 0) => n + 1)`)}
      <p><a class="button" href="/counter">Visit again</a></p>
    </div>`,
  })
}
