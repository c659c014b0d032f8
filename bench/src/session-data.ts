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

export function freshData(): BenchData {
  return {
    username: 'astaxie',
    userId: 1048577,
    email: 'astaxie@example.com',
    roles: ['editor', 'reviewer'],
    locale: 'zh-CN',
    theme: 'dark',
    csrfToken: 'pT1xN0bq9vR4sYw2Kd8LmZ3c',
    lastPage: '/articles/2026/11/sessions',
    cart: [
      { sku: 'BK-0042', quantity: 1 },
      { sku: 'BK-1337', quantity: 2 },
    ],
    count: 0,
  }
}
