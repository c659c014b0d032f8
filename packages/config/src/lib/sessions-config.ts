import type { HashFunction, ProviderConfigs } from '@sess/core'

/** The original's numbers: 1 the default, 2 lax, 3 strict, 4 none. */
export type SameSiteSetting = 'default' | 'lax' | 'strict' | 'none' | 1 | 2 | 3 | 4

/** The original's settings, without the engine's. Lifetimes are in seconds. */
export interface SessionKeys {
  /** Whether there are sessions. Default `false`. */
  sessionOn?: boolean
  /** Name of the cookie. Default `beegosessionID`. */
  sessionName?: string
  /** How long a session lives after its last use, in seconds. Default 3600. */
  sessionGCMaxLifetime?: number
  /** How long the browser keeps the cookie, in seconds. Default 0: until it is closed. */
  sessionCookieLifeTime?: number
  /** The keyed hash that tags ids: a name that Node knows, or a function. Default `sha1`. */
  sessionHashFunc?: string | HashFunction
  /** The secret that tags ids; in a list the first signs and all are accepted. Default: no tag. */
  sessionHashKey?: string | readonly string[]
  /** `Domain` of the cookie. Default: this host only. */
  sessionDomain?: string
  /** `SameSite` of the cookie. Default `lax`. */
  sessionCookieSameSite?: SameSiteSetting
  /** Whether scripts can read the cookie. Default `false`. */
  sessionDisableHTTPOnly?: boolean
  /** Whether the cookie is sent. Default `true`. */
  sessionAutoSetCookie?: boolean
  /** What every id begins with. Default ''. */
  sessionIDPrefix?: string
  /** Random bytes of an id, 16 to 64. Default 16. */
  sessionIDLength?: number
  /** Whether the id travels in a header, in place of the cookie. Default `false`. */
  sessionEnableSidInHTTPHeader?: boolean
  /** The name of that header. Default `Beegosessionid`. */
  sessionNameInHTTPHeader?: string
  /** Refused when it is `true`: ids in URLs leak, and let others choose a visitor's session. */
  sessionEnableSidInURLQuery?: boolean
  /** JSON of the original's `ManagerConfig`, in place of all settings but `sessionOn` and `sessionProvider`. */
  sessionConfig?: string
}

type KnownProvider = {
  [Name in keyof ProviderConfigs]: {
    /** The engine, whose package has to be imported. Default `memory`. */
    sessionProvider: Name
    /** What the engine needs to know: its string, or its own options. Default ''. */
    sessionProviderConfig?: ProviderConfigs[Name]
  }
}[keyof ProviderConfigs]

type AnyProvider =
  | KnownProvider
  | { sessionProvider?: never; sessionProviderConfig?: ProviderConfigs['memory'] }
  | { sessionProvider: string; sessionProviderConfig?: string }

/** The original's settings, as its documents name them. */
export type SessionsConfig = SessionKeys & AnyProvider

export type KeyName = keyof SessionKeys | 'sessionProvider' | 'sessionProviderConfig'
