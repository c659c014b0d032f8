/** Text that is HTML already. Everything else is escaped when it goes into a page. */
export class Html {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function render(value: unknown): string {
  if (value instanceof Html) return value.toString()
  if (Array.isArray(value)) return value.map(render).join('')
  if (value === undefined || value === null || value === false) return ''
  return String(value).replace(/[&<>"']/g, character => entities[character] ?? '')
}

/** A template whose values are escaped, so that a visitor's name stays a name. */
export function html(literals: TemplateStringsArray, ...values: unknown[]): Html {
  return new Html(literals.reduce((page, literal, i) => page + render(values[i - 1]) + literal))
}
