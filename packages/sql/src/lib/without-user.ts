/**
 * An error of a driver without the user that a server has refused: of a string that lacks a `:`, the user's name ends
 * with the password.
 */
export function withoutUser(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const texts = error as { message?: string; stack?: string; sqlMessage?: unknown }
  for (const field of ['message', 'stack', 'sqlMessage'] as const) {
    const text = texts[field]
    if (typeof text === 'string') texts[field] = text.replace(/\b(user|role) (?:'.*'(?=@)|".*")/g, '$1 …')
  }
  return error
}
