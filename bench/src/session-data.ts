/** What every contender keeps for a visitor who is logged in: ten keys, about 300 bytes as JSON. */
export interface BenchData {
  username: string
  userId: number
  email: string
  roles: string[]
  locale: string
  theme: string
  csrfToken: string
  lastPage: string
  cart: { sku: string; quantity: number }[]
  count: number
}

/** The least that a session of the bench has, in bytes as JSON. */
export const smallest = 300

/** A session of about so many bytes as JSON: what is more than {@link smallest} is in the cart. */
export function freshData(size: number = smallest): BenchData {
  const item = (i: number) => ({ sku: `BK-${String(i).padStart(4, '0')}`, quantity: (i % 9) + 1 })
  const more = Math.floor((size - smallest) / (JSON.stringify(item(0)).length + 1))
  return {
    username: 'astaxie',
    userId: 1048577,
    email: 'astaxie@example.com',
    roles: ['editor', 'reviewer'],
    locale: 'zh-CN',
    theme: 'dark',
    csrfToken: 'pT1xN0bq9vR4sYw2Kd8LmZ3c',
    lastPage: '/articles/2026/11/sessions',
    cart: Array.from({ length: 2 + more }, (_, i) => item(i)),
    count: 0,
  }
}
