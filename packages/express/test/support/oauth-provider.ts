import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { listening } from '@sess/testkit/adapter'
import { onTestFinished } from 'vitest'

/** An OAuth 2.0 provider that lets everybody in: the code flow, with PKCE where the client asks for it. */
export async function oauthProvider(): Promise<string> {
  /** The challenges of codes that were given out. */
  const codes = new Map<string, string | null>()

  function authorize({ searchParams }: URL, res: ServerResponse): void {
    const code = randomBytes(8).toString('hex')
    codes.set(code, searchParams.get('code_challenge'))
    const back = new URL(searchParams.get('redirect_uri') as string)
    back.searchParams.set('code', code)
    back.searchParams.set('state', searchParams.get('state') ?? '')
    res.writeHead(302, { Location: back.href }).end()
  }

  async function token(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await text(req))
    const challenge = codes.get(form.get('code') ?? '')
    const isKnown = codes.delete(form.get('code') ?? '')
    const verifier = form.get('code_verifier') ?? ''
    const isProved =
      challenge === null || challenge === createHash('sha256').update(verifier).digest('base64url')
    res.writeHead(isKnown && isProved ? 200 : 400, { 'Content-Type': 'application/json' })
    res.end(
      JSON.stringify(
        isKnown && isProved ? { access_token: 'token', token_type: 'bearer' } : { error: 'invalid_grant' },
      ),
    )
  }

  const { port, close } = await listening(
    createServer((req, res) => {
      const url = new URL(req.url as string, 'http://localhost')
      if (url.pathname === '/authorize') authorize(url, res)
      else void token(req, res)
    }),
  )
  onTestFinished(async () => void (await close()))
  return `http://127.0.0.1:${port}`
}
