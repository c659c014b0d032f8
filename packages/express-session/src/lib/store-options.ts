import { type LazyOptions, SessionError } from '@sess/core'

/** Options of `sessStore`: those of `lazyManager` that have nothing to do with cookies. */
export type StoreOptions<Config = unknown> = Pick<
  LazyOptions<Config>,
  'providerConfig' | 'maxLifetime' | 'touchEvery' | 'timeout' | 'clock' | 'name'
>

const names = ['providerConfig', 'maxLifetime', 'touchEvery', 'timeout', 'clock', 'name']

/** Refuses what only the store looks at; the manager looks at the rest. @throws ERR_CONFIG */
export function checkStoreOptions(options: StoreOptions): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new SessionError('ERR_CONFIG', 'sessStore: options must be an object, e.g. { maxLifetime: 3600 }')
  for (const name of Object.keys(options))
    if (!names.includes(name))
      throw new SessionError('ERR_CONFIG', `sessStore has no option '${name}'; there are ${names.join(', ')}`)
  const { touchEvery } = options
  if (touchEvery !== undefined && !(Number.isInteger(touchEvery) && touchEvery >= 0))
    throw new SessionError('ERR_CONFIG', 'sessStore: touchEvery must be a whole number of seconds, e.g. 360')
}
