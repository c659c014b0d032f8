import { clearTimeout, SessionError, setTimeout } from '@sess/core/engine'

/**
 * What the work gives, if it does so in time. The work is told when it is late, so that it cleans up after itself.
 *
 * @throws ERR_TIMEOUT
 */
export function within<T>(milliseconds: number, work: (isLate: () => boolean) => Promise<T>): Promise<T> {
  let isLate = false
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      isLate = true
      reject(
        new SessionError(
          'ERR_TIMEOUT',
          `The file system of the sessions did not answer within ${milliseconds} ms`,
        ),
      )
    }, milliseconds)
    work(() => isLate)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer))
  })
}
