import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import fc from 'fast-check'

/** What {@link checkSecrets} tries. */
export interface SecretsOptions {
  /**
   * Configurations with `{secret}` where a secret goes, right ones and wrong ones: strings such as
   * `'own://app:{secret}@127.0.0.1:1'`, and objects such as `{ host: '127.0.0.1', port: 0, password: '{secret}' }`.
   */
  readonly configs: readonly unknown[]
  /** Reads a configuration, or opens the engine with it. What it gives is closed, if it can be. */
  readonly open: (config: unknown) => unknown
  /** How many configurations are tried. Default 1000. */
  readonly runs?: number
}

const MARK = '{secret}'

/** What parsers of URLs and lists split at, decode, or trim. */
const special: fc.Arbitrary<string> = fc.constantFrom(
  ...'?#@/:%;,&=+ \\\'"[]{}()<>|!$*~^`\té',
  ...[
    '%zz',
    '%4',
    '%40',
    '%2F',
    '://',
    '@tcp(',
    ')/',
    '?a=',
    '&name=',
    '/5',
    ':12',
    ',3',
    '","',
    '\\"',
    '--',
  ],
)
const specials = (minLength: number) =>
  fc.array(special, { minLength, maxLength: 2 }).map(parts => parts.join(''))

/** Parts that no message has by chance. They have no special character, so that decoding leaves them as they are. */
const token: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'bcdfghjkmnpqrstvwxz2345679'), minLength: 10, maxLength: 10 }),
  fc.integer({ min: 100_000, max: 999_999 }).map(digits => `739${digits}`),
)

interface Secret {
  readonly text: string
  readonly tokens: readonly string[]
}

const secret: fc.Arbitrary<Secret> = fc
  .tuple(specials(0), token, fc.array(fc.tuple(specials(1), token), { maxLength: 2 }), specials(0))
  .map(([before, first, others, after]) => ({
    text: [before, first, ...others.flat(), after].join(''),
    tokens: [first, ...others.map(([, other]) => other)],
  }))

/** A slip of the pen in a string: a special character too many, or any character missing. */
interface Slip {
  readonly at: number
  readonly insert: string | undefined
}

const slip: fc.Arbitrary<Slip | undefined> = fc.option(
  fc.record({ at: fc.nat(200), insert: fc.option(special, { nil: undefined }) }),
  { nil: undefined },
)

/**
 * Opens an engine with random secrets in its configurations, as they are or percent-encoded, some of the strings with
 * a slip of the pen, and fails if an error shows any part of a secret: in its message, its stack, its causes, or
 * whatever else a log shows of it.
 */
export async function checkSecrets({ configs, open, runs = 1000 }: SecretsOptions): Promise<void> {
  let failures = 0
  const config = fc.constantFrom(...configs)
  await fc.assert(
    fc.asyncProperty(
      config,
      secret,
      fc.boolean(),
      slip,
      async (template, { text, tokens }, isEncoded, slip) => {
        const given = fill(template, isEncoded ? encodeURIComponent(text) : text, slip)
        let opened: unknown
        try {
          opened = await open(given)
        } catch (error) {
          failures++
          const shown = inspect(error, { depth: 10, showHidden: true, getters: true, maxStringLength: null })
          for (const token of tokens)
            assert.ok(
              !shown.toLowerCase().includes(token.slice(0, 6)),
              `an error shows a part of the secret of ${inspect(given)}: ${shown}`,
            )
        }
        await (opened as { close?(): unknown } | undefined)?.close?.()
      },
    ),
    { numRuns: runs, includeErrorInReport: true },
  )
  assert.ok(
    failures > 0,
    'no configuration failed: give some that are wrong, or of a server that is not there',
  )
}

function fill(template: unknown, secret: string, slip?: Slip): unknown {
  if (typeof template === 'string') {
    // The mark is one character here: a slip inside of a secret would be another secret.
    const characters = template.split(MARK).flatMap((part, i) => (i === 0 ? [...part] : [MARK, ...part]))
    if (slip) characters.splice(slip.at % (characters.length + 1), slip.insert ? 0 : 1, slip.insert ?? '')
    return characters.map(character => (character === MARK ? secret : character)).join('')
  }
  if (Array.isArray(template)) return template.map(item => fill(item, secret))
  if (typeof template !== 'object' || template === null) return template
  return Object.fromEntries(Object.entries(template).map(([name, value]) => [name, fill(value, secret)]))
}
