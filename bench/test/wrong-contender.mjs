// Right at first: then its counter stands still.
export const contender = () => (req, res) => {
  if (req.url === '/login') res.setHeader('Set-Cookie', 'sid=1; Path=/')
  const body = { '/change': '1', '/read': 'astaxie' }[req.url] ?? 'hello'
  res.setHeader('Content-Length', body.length)
  res.end(body)
}
