import type { Manager } from '@sess/core'
import { answer, fail, type Handler } from '../contender.ts'
import { type BenchData, freshData } from '../session-data.ts'

/** The same four answers as the peers', on a manager. */
export function onManager(manager: Manager<BenchData>): Handler {
  return async (req, res) => {
    try {
      const sess = await manager.sessionStart(req, res)
      if (req.url === '/untouched') return answer(res, 'hello')
      if (req.url === '/read') return answer(res, sess.get('username') ?? '')
      if (req.url === '/change') return answer(res, String(sess.update('count', (n = 0) => n + 1)))
      for (const [key, value] of Object.entries(freshData()))
        sess.set(key as keyof BenchData, value as BenchData[keyof BenchData])
      answer(res, 'hello')
    } catch (error) {
      fail(res, error)
    }
  }
}
