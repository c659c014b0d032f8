import { answer, type Contender, expectedBody } from '../contender.ts'

/** `node:http` without any session: what the others' work is added to. */
export const contender: Contender = () => (req, res) => {
  if (req.url === '/change') answer(res, expectedBody('change', 1))
  else if (req.url === '/read') answer(res, expectedBody('read', 1))
  else answer(res, expectedBody('untouched', 1))
}
