import session from 'express-session'
import fileStore from 'session-file-store'
import type { Contender } from './contender.ts'
import { onExpressSession } from './on-express-session.ts'

const FileStore = fileStore(session)

/** express-session with session-file-store. */
export const onFileStore: Contender = ({ directory: path, data }) =>
  onExpressSession(new FileStore({ path, ttl: 3600, retries: 0, logFn: () => {} }), data)
