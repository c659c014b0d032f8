// The two pictures of the races page, in SVG.

/** @param {Record<string, string | number>} attributes */
function element(name, attributes, text = '') {
  const node = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value))
  node.textContent = text
  return node
}

/** A hundred dots: `kept` of them, then the lost ones, then those not `sent` yet. */
export function drawGrid(svg, { sent, kept }) {
  const dots = Array.from({ length: 100 }, (_, i) => {
    const fate = i >= sent ? 'waiting' : kept === undefined ? 'sent' : i < kept ? 'kept' : 'lost'
    return element('circle', { cx: (i % 10) * 10 + 5, cy: Math.floor(i / 10) * 10 + 5, r: 3.4, class: fate })
  })
  svg.replaceChildren(...dots)
}

const left = 84
const width = 228

/** Three lanes over time: the two requests, and the session they race for. Times in ms from the start. */
export function drawTimeline(svg, { span, write, logout, alive }) {
  const x = time => left + (Math.min(time, span) / span) * width
  const lane = (row, name) => [
    element('text', { x: 0, y: 26 + row * 40, class: 'lane' }, name),
    element('line', { x1: left, x2: left + width, y1: 22 + row * 40, y2: 22 + row * 40, class: 'rail' }),
  ]
  const bar = (row, [from, to], kind) =>
    element('rect', {
      x: x(from),
      y: 15 + row * 40,
      width: Math.max(7, x(to) - x(from)),
      height: 14,
      rx: 3.5,
      class: kind,
    })

  const nodes = [...lane(0, 'slow write'), ...lane(1, 'logout'), ...lane(2, 'session')]
  if (write) nodes.push(bar(0, write, 'request'))
  if (logout) nodes.push(bar(1, logout, 'request'))
  if (write) nodes.push(bar(2, [0, logout ? logout[1] : write[1]], 'live'))
  if (alive !== undefined) {
    const end = x(write[1])
    nodes.push(element('line', { x1: end, x2: end, y1: 8, y2: 124, class: 'moment' }))
    nodes.push(
      alive
        ? bar(2, [write[1], span], 'undead')
        : element('path', { d: `M${end - 5} 97l10 10m0 -10l-10 10`, class: 'refused' }),
    )
  }
  svg.replaceChildren(...nodes)
}
