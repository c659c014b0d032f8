/** Numbers of Couchbase's key-value protocol (kv_engine, docs/BinaryProtocol.md), as far as the double speaks it. */

export const Magic = {
  request: 0x80,
  response: 0x81,
  /** A request with framing extras. */
  flexRequest: 0x08,
} as const

export const Opcode = {
  get: 0x00,
  upsert: 0x01,
  insert: 0x02,
  replace: 0x03,
  remove: 0x04,
  noop: 0x0a,
  touch: 0x1c,
  getAndTouch: 0x1d,
  hello: 0x1f,
  saslListMechs: 0x20,
  saslAuth: 0x21,
  saslStep: 0x22,
  selectBucket: 0x89,
  getAndLock: 0x94,
  unlock: 0x95,
  getMeta: 0xa0,
  getClusterConfig: 0xb5,
  getCollectionId: 0xbb,
} as const

export const Status = {
  success: 0x00,
  notFound: 0x01,
  exists: 0x02,
  tooBig: 0x03,
  invalid: 0x04,
  notMyVbucket: 0x07,
  noBucket: 0x08,
  locked: 0x09,
  authError: 0x20,
  authContinue: 0x21,
  noAccess: 0x24,
  unknownCommand: 0x81,
  notSupported: 0x83,
  temporaryFailure: 0x86,
  unknownCollection: 0x88,
  unknownScope: 0x8c,
  durabilityInvalidLevel: 0xa0,
  durabilityImpossible: 0xa1,
  syncWriteInProgress: 0xa2,
  syncWriteAmbiguous: 0xa3,
} as const

/** What a client may ask for in HELLO, and the double can do. */
export const Feature = {
  tcpNodelay: 0x03,
  selectBucket: 0x08,
  json: 0x0b,
  altRequest: 0x10,
  syncReplication: 0x11,
  collections: 0x12,
  preserveTtl: 0x14,
} as const

/** Framing extras of a request. */
export const FrameInfo = {
  durability: 1,
  preserveExpiry: 5,
} as const

/** The largest value, 20 MiB. */
export const MAX_VALUE = 20 * 1024 * 1024
/** A server hangs up on a packet beyond this. */
export const MAX_PACKET = 30 * 1024 * 1024
/** An expiry of more seconds than these is a Unix time. */
export const MAX_RELATIVE_EXPIRY = 30 * 24 * 60 * 60
