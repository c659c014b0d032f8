import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { answer, type Contender, fail, onObject } from '../contender.ts'
import type { BenchData } from '../session-data.ts'

const CIPHER = 'aes-256-gcm'
const COOKIE = 'sealed='
const IV_BYTES = 12
const TAG_BYTES = 16

const key = randomBytes(32)

/** JSON, encrypted, and no more than that: no expiry, no second key, no cookie that is too long. */
export const contender: Contender =
  ({ data }) =>
  (req, res) => {
    try {
      if (req.url === '/untouched') return answer(res, 'hello')
      const session = req.url === '/login' ? { ...data } : open(req.headers.cookie ?? '')
      const body = onObject(req.url, () => session, data)
      if (req.url !== '/read')
        res.setHeader('Set-Cookie', `${COOKIE}${seal(session)}; Path=/; HttpOnly; SameSite=Lax`)
      answer(res, body)
    } catch (error) {
      fail(res, error)
    }
  }

function seal(session: BenchData): string {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv(CIPHER, key, iv)
  const text = cipher.update(JSON.stringify(session), 'utf8')
  return Buffer.concat([iv, text, cipher.final(), cipher.getAuthTag()]).toString('base64url')
}

function open(header: string): BenchData {
  const [sealed = ''] = header.slice(header.indexOf(COOKIE) + COOKIE.length).split(';', 1)
  const bytes = Buffer.from(sealed, 'base64url')
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES))
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  const text = decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES))
  decipher.final()
  return JSON.parse(text.toString()) as BenchData
}
