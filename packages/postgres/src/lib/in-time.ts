import { clearTimeout, SessionError, setTimeout } from '@sess/core/engine'

/**
 * What `promise` gives, if it is there within so many milliseconds; ERR_TIMEOUT otherwise. What comes later goes to
 * `late`.
 */
export function inTime<T>(promise: Promise<T>, milliseconds: number, late: (value: T) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let isOver = false
    const timer = setTimeout(
      () => {
        isOver = true
        reject(new SessionError('ERR_TIMEOUT', 'The database did not answer in time'))
      },
      Math.max(0, milliseconds),
    )
    promise.then(
      value => {
        clearTimeout(timer)
        if (isOver) late(value)
        else resolve(value)
      },
      (error: unknown) => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}
