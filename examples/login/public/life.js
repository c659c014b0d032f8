// Counts down what is left of the session, and notices when it ended meanwhile.

const life = document.getElementById('life')
const clock = document.getElementById('clock')
const bar = document.getElementById('life-bar')
let endsAt = Date.now() + Number(life?.dataset.left)
let timer

function tick() {
  const left = Math.max(0, endsAt - Date.now())
  const seconds = Math.ceil(left / 1000)
  clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
  bar.value = left
  if (left === 0) ask()
}

/** Another tab may have used the session, or ended it: only the server knows. */
async function ask() {
  clearInterval(timer)
  const answer = await fetch('/life')
    .then(response => response.json())
    .catch(() => undefined)
  if (answer === undefined) {
    timer = setTimeout(ask, 5000)
    return
  }
  if (answer.left === null) return end()
  endsAt = Date.now() + answer.left
  timer = setInterval(tick, 250)
}

function end() {
  clock.textContent = '0:00'
  bar.value = 0
  life.classList.add('over')
  const again = document.createElement('a')
  again.href = '/'
  again.textContent = 'Start again'
  document.getElementById('life-note').replaceChildren('This session has ended. ', again)
}

if (life) {
  timer = setInterval(tick, 250)
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') ask()
  })
}

// A page that the back button took out of memory shows what was true then.
addEventListener('pageshow', event => {
  if (event.persisted) location.reload()
})
