// It greets everybody who logs in, and remembers nobody.
export const contender = () => (req, res) => {
  if (req.url === '/login') res.setHeader('Set-Cookie', 'sid=1; Path=/')
  const body = req.url === '/read' ? 'nobody' : 'hello'
  res.setHeader('Content-Length', body.length)
  res.end(body)
}
