import { configError } from '@sess/core/engine'
import type { Draft, Reader } from './dsn-parameters.ts'

const unverified = { rejectUnauthorized: false }
const verified = { rejectUnauthorized: true }
const named = { rejectUnauthorized: true, verifyIdentity: true }

/** Modes of MySQL's own client, of libpq and of `pg`, in lower case with `-`. */
const modes: Readonly<Record<string, (draft: Draft) => void>> = {
  disabled: () => undefined,
  preferred: draft => {
    draft.options.ssl = unverified
    draft.mayBePlain = true
  },
  required: ({ options }) => {
    options.ssl = unverified
  },
  'verify-ca': ({ options }) => {
    options.ssl = verified
  },
  'verify-identity': ({ options }) => {
    options.ssl = named
  },
}
const sameModes: Readonly<Record<string, string>> = {
  disable: 'disabled',
  prefer: 'preferred',
  require: 'required',
  'no-verify': 'required',
  'verify-full': 'verify-identity',
}

const readMode: Reader = (value, draft, name) => {
  const mode = value.toLowerCase().replaceAll('_', '-')
  const all = Object.keys(modes)
  const known = all.find(each => each === (Object.hasOwn(sameModes, mode) ? sameModes[mode] : mode))
  if (known === undefined) throw wrong(`: '${name}' must be one of ${all.join(', ')}`)
  modes[known]?.(draft)
}

const readSwitch: Reader = (value, { options }, name) => {
  if (/^(?:1|true)$/i.test(value)) options.ssl = verified
  else if (!/^(?:0|false)$/i.test(value))
    throw wrong(
      `: '${name}' must be true or false, or options of TLS as JSON, e.g. ssl={"verifyIdentity":true}`,
    )
}

const count =
  (use: (draft: Draft, number: number) => void): Reader =>
  (value, draft, name) => {
    if (!/^\d{1,9}$/.test(value)) throw wrong(`: '${name}' must be a whole number, e.g. '${name}=5'`)
    use(draft, Number(value))
  }
const harmless: Reader = () => undefined
const certificate: Reader = (_, __, name) => {
  throw wrong(`: '${name}' names a file; write { uri: '…', ssl: { ca: readFileSync('ca.pem') } }`)
}

/** Parameters that ORMs, hosters and other drivers have, in URLs and in DSNs. */
export const foreignParameters: Readonly<Record<string, Reader>> = {
  ssl: readSwitch,
  useSSL: readSwitch,
  sslmode: readMode,
  sslMode: readMode,
  'ssl-mode': readMode,
  ssl_mode: readMode,
  sslaccept: (value, { options }) => {
    if (value !== 'strict' && value !== 'accept_invalid_certs')
      throw wrong(`: 'sslaccept' must be strict or accept_invalid_certs`)
    options.ssl = value === 'strict' ? named : unverified
  },
  sslcert: certificate,
  sslca: certificate,
  'ssl-ca': certificate,
  ssl_ca: certificate,
  sslidentity: certificate,
  connection_limit: count(({ options }, number) => {
    options.connectionLimit = Math.max(1, number)
  }),
  connect_timeout: count(({ options }, seconds) => {
    if (seconds > 0) options.connectTimeout = seconds * 1000
  }),
  statement_cache_size: count((draft, number) => {
    if (number === 0) draft.prepared = false
  }),
  // The manager's timeout is the limit, and a pool makes new connections by itself.
  pool_timeout: harmless,
  socket_timeout: harmless,
  reconnect: harmless,
}

function wrong(problem: string): Error {
  return configError('mysql', problem)
}
