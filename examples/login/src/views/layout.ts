import { type Html, html } from '../html.ts'

const tabs = [
  ['/', 'Session'],
  ['/counter', 'Counter'],
  ['/races', 'Races'],
] as const

export interface PageParts {
  title: string
  /** The tab that is current; none on an error page. */
  path?: string
  /** A module of `public/` that brings the page to life. */
  script?: string
  body: Html
}

export function layout({ title, path, script, body }: PageParts): Html {
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>${title} · sess</title>
  <link rel="icon" href="/favicon.svg">
  <link rel="stylesheet" href="/base.css">
  <link rel="stylesheet" href="/parts.css">
  <link rel="stylesheet" href="/races.css">
  ${script && html`<script type="module" src="/${script}"></script>`}
</head>
<body>
  <a class="skip" href="#main">Skip to the content</a>
  <header>
    <a class="brand" href="/"><span class="mark" aria-hidden="true"></span>sess</a>
    <nav aria-label="Pages">
      ${tabs.map(
        ([href, name]) => html`<a href="${href}"${href === path && html` aria-current="page"`}>${name}</a>`,
      )}
    </nav>
  </header>
  <main id="main">
${body}
  </main>
</body>
</html>
`
}

export function errorPage(message: string): Html {
  return layout({
    title: 'Sorry',
    body: html`
    <div class="lede">
      <h1>Sorry.</h1>
      <p>${message}</p>
      <p><a href="/">Back to the start</a></p>
    </div>`,
  })
}

/** The lines of code that a page is about. */
export function code(lines: string): Html {
  return html`<pre><code>${lines}</code></pre>`
}
