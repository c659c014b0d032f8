import { randomBytes } from 'node:crypto'
import { CookieStore } from '@sess/cookie'
import { testEngine } from '@sess/testkit'

testEngine({
  name: 'cookie',
  create: ({ clock }) => {
    const secret = randomBytes(32).toString('base64')
    return { connect: () => CookieStore.open(secret, { clock, cookieName: 'beegosessionID' }) }
  },
})
