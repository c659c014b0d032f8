export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const align = head.map((_, i) => (i === 0 ? '---' : '---:'))
  return [head, align, ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}

export function percent(part: number): string {
  return `${Math.round(part * 100)} %`
}

/** To be opened by the reader. */
export function folded(title: string, parts: readonly string[]): string {
  return ['<details>', `<summary>${title}</summary>`, '', parts.join('\n\n'), '', '</details>'].join('\n')
}
