import type { RelayMeasures, RelaySnapshot, RelayState } from '../node/relay.js'
import { DEFAULT_LIST_ENTRIES, MAX_LIST_ENTRIES, statusOf } from './status.js'

/** What an admin request is answered with. */
export interface Reply {
  readonly status: number
  readonly type: string
  readonly body: string
}

/** What the answers are made of. */
export interface AdminSource {
  readonly state: () => RelayState
  readonly snapshot: () => RelaySnapshot
  readonly measure: () => RelayMeasures
  /** The metrics as Prometheus reads them, and the type of that text. */
  readonly metrics: (measures: RelayMeasures) => Promise<Omit<Reply, 'status'>>
  /** When the program started, in ms since 1970. */
  readonly startedAtMs: number
}

const TEXT = 'text/plain; charset=utf-8'

/** The answer to `GET` of a path with its query. */
export async function replyTo(target: string, source: AdminSource): Promise<Reply> {
  const url = URL.canParse(target, 'http://admin') ? new URL(target, 'http://admin') : undefined
  if (url === undefined) return { status: 400, type: TEXT, body: 'the target of the request is no path\n' }
  const { pathname, searchParams } = url
  switch (pathname) {
    case '/healthz':
      return { status: 200, type: TEXT, body: 'ok\n' }
    case '/readyz':
      return readiness(source.state())
    case '/metrics':
      return { status: 200, ...(await source.metrics(source.measure())) }
    case '/status':
      return status(searchParams, source)
    default:
      return { status: 404, type: TEXT, body: 'there is /healthz, /readyz, /metrics and /status\n' }
  }
}

function readiness(state: RelayState): Reply {
  return { status: state === 'ready' ? 200 : 503, type: TEXT, body: `${state}\n` }
}

function status(query: URLSearchParams, { snapshot, startedAtMs }: AdminSource): Reply {
  const unknown = [...query.keys()].find((name) => name !== 'limit')
  const text = query.get('limit') ?? String(DEFAULT_LIST_ENTRIES)
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
  if (unknown !== undefined) return wrong(`there is no parameter ${JSON.stringify(unknown)}, only limit`)
  if (!(limit <= MAX_LIST_ENTRIES)) return wrong(`limit must be a whole number from 0 to ${MAX_LIST_ENTRIES}`)
  const shown = statusOf(snapshot(), { limit, startedAtMs, nowMs: Date.now() })
  return { status: 200, type: 'application/json; charset=utf-8', body: `${JSON.stringify(shown, null, 2)}\n` }
}

function wrong(sentence: string): Reply {
  return { status: 400, type: TEXT, body: `${sentence}\n` }
}
