// Sends requests of one session side by side and shows what is left of them.

import { drawGrid, drawTimeline } from './pictures.js'

const byId = id => document.getElementById(id)
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))

async function send(method, path) {
  const response = await fetch(path, { method, redirect: 'manual' })
  if (!response.ok && response.type !== 'opaqueredirect') throw new Error(`${path}: ${response.status}`)
  return response.type === 'opaqueredirect' ? undefined : response.json()
}

async function hundred(name) {
  const picture = byId(`picture-${name}`)
  let sent = 0
  await Promise.all(
    Array.from({ length: 100 }, async () => {
      await send('POST', `/races/${name}`)
      sent += 1
      drawGrid(picture, { sent })
    }),
  )
}

function showKept(name, kept) {
  const picture = byId(`picture-${name}`)
  drawGrid(picture, { sent: 100, kept })
  picture.setAttribute('aria-label', `${kept} of 100 increments kept`)
  byId(`kept-${name}`).textContent = kept
}

async function raceIncrements() {
  for (const name of ['update', 'get-then-set']) {
    drawGrid(byId(`picture-${name}`), { sent: 0 })
    byId(`kept-${name}`).textContent = '–'
  }
  await send('POST', '/races/start')
  await hundred('update')
  await hundred('get-then-set')
  const kept = await send('GET', '/races/kept')
  showKept('update', kept.update)
  showKept('get-then-set', kept.getThenSet)
  return `update kept ${kept.update} of 100; get and set kept ${kept.getThenSet}.`
}

async function raceLogout() {
  const picture = byId('picture-logout')
  const race = { span: 1300 }
  byId('session-state').textContent = '–'
  await send('POST', '/races/start')
  const began = performance.now()
  const now = () => performance.now() - began

  race.write = [0, 0]
  const clock = setInterval(() => {
    race.write[1] = now()
    drawTimeline(picture, race)
  }, 30)
  try {
    const write = send('POST', '/races/slow-write')
    await sleep(300)
    race.logout = [now(), now()]
    await send('POST', '/logout')
    race.logout[1] = now()
    const { alive } = await write
    race.write[1] = now()
    race.alive = alive
  } finally {
    clearInterval(clock)
  }
  drawTimeline(picture, race)
  const state = race.alive ? 'alive' : 'dead'
  picture.setAttribute('aria-label', `The logout came first, then the slow write; the session is ${state}`)
  byId('session-state').textContent = state
  return race.alive
    ? 'The slow write brought the session back.'
    : 'The slow write was dropped: the session stayed dead, and you are logged out.'
}

const buttons = [byId('increments'), byId('logout')]
let racing = false

function setRacing(value) {
  racing = value
  for (const button of buttons) button.setAttribute('aria-disabled', String(value))
}

/** A button that runs its race, one at a time on the page, and says in words how it went. */
function wire(name, race) {
  const result = byId(`${name}-result`)
  byId(name).disabled = false
  byId(name).addEventListener('click', async () => {
    if (racing) return
    setRacing(true)
    result.textContent = 'Racing …'
    result.textContent = await race().catch(error => `The race stopped: ${error.message}`)
    setRacing(false)
  })
}

drawGrid(byId('picture-update'), { sent: 0 })
drawGrid(byId('picture-get-then-set'), { sent: 0 })
drawTimeline(byId('picture-logout'), { span: 1300 })
wire('increments', raceIncrements)
wire('logout', raceLogout)
