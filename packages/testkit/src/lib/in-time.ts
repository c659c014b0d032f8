import { AssertionError } from 'node:assert/strict'

/** The result of `promise`. @throws AssertionError with that message if it is not there after so many milliseconds */
export async function inTime<T>(promise: Promise<T>, milliseconds: number, message: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const fail = () => reject(new AssertionError({ message: `${message} within ${milliseconds} ms` }))
    timer = setTimeout(fail, milliseconds)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
