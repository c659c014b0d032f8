import { clearTimeout, SessionError, setTimeout } from '@sess/core/engine'

/** The result of `work`, or ERR_TIMEOUT after `limit` milliseconds. */
export async function inTime<T>(limit: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new SessionError('ERR_TIMEOUT', `not within ${limit} ms`)), limit)
  })
  const result = work()
  // If it is late, nobody waits for it any more.
  result.catch(() => undefined)
  try {
    return await Promise.race([result, late])
  } finally {
    clearTimeout(timer)
  }
}
