import { type Html, html } from '../html.ts'
import { code, layout } from './layout.ts'

export function racesPage(): Html {
  return layout({
    title: 'Races',
    path: '/races',
    script: 'races.js',
    body: html`
    <div class="lede">
      <h1>Races</h1>
      <p>Requests of one session overlap: a page loads in parts, a button is pressed twice, a tab is
        forgotten. Here this page sends such requests to the server and shows what is left of them.</p>
      <noscript><p class="problem">The races need JavaScript, to send requests side by side.</p></noscript>
    </div>
    <div class="columns even">
      <section class="card" aria-labelledby="increments-title">
        <h2 id="increments-title">A hundred increments at once</h2>
        <p>Each request adds one to a number in your session, after 10 to 30 ms of work. Your browser
          keeps about six in flight. Once with <code>update</code>, which runs again when another request
          was first; once with <code>get</code> and <code>set</code>, where the last one wins.</p>
        <div class="pair">
          <figure>
            <svg class="grid" id="picture-update" viewBox="0 0 100 100" role="img" aria-label="Not sent yet"></svg>
            <figcaption><code>update</code> <b id="kept-update">–</b> of 100</figcaption>
          </figure>
          <figure>
            <svg class="grid" id="picture-get-then-set" viewBox="0 0 100 100" role="img" aria-label="Not sent yet"></svg>
            <figcaption><code>get, then set</code> <b id="kept-get-then-set">–</b> of 100</figcaption>
          </figure>
        </div>
        <button id="increments" disabled>Send a hundred of each</button>
        <p class="result" role="status" id="increments-result"></p>
        ${code(`sess.update('n', (n = 0) => n + 1)
sess.set('n', sess.get('n') + 1)`)}
      </section>
      <section class="card" aria-labelledby="logout-title">
        <h2 id="logout-title">A slow write that outlasts a logout</h2>
        <p>One request works for a second and then saves. Meanwhile another one logs out. A store
          that just writes what it is given would bring the session back. This really logs you out.</p>
        <figure>
          <svg class="timeline" id="picture-logout" viewBox="0 0 320 132" role="img" aria-label="Not sent yet"></svg>
          <figcaption>The session is <b id="session-state">–</b></figcaption>
        </figure>
        <button id="logout" disabled>Send both</button>
        <p class="result" role="status" id="logout-result"></p>
        ${code(`sess.set('lateNote', 'too late')
await sess.sessionRelease()`)}
      </section>
    </div>`,
  })
}
