const UNITS: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** A duration as Go writes it, `'1m30s'`, in milliseconds; `undefined` for anything else. */
export function parseGoDuration(text: string): number | undefined {
  if (text === '0') return 0
  if (!/^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined
  let total = 0
  for (const [, number, unit] of text.matchAll(/([\d.]+)(\D+)/g))
    total += Number(number) * (UNITS[unit as string] ?? 0)
  return total
}
