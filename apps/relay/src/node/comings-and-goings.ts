import { formatNodeId, type NodeId } from '@astranet/core'
import { codeOf } from '../failure.js'
import type { Logger } from '../log/logger.js'
import type { Ration } from '../log/ration.js'
import { observe } from './channels.js'
import type { JoinFailed, LinkClosed, LinkOpened, Reachable, RegistryRefused } from './link-events.js'
import type { Refusals } from './refusals.js'

/** Logs which nodes come and go. */
export class ComingsAndGoings {
  readonly #log: Logger
  readonly #ration: Ration
  readonly #end: () => void

  constructor({ log, ration, refusals }: { log: Logger; ration: Ration; refusals: Refusals }) {
    this.#log = log
    this.#ration = ration
    this.#end = observe({
      'astranet:link:opened': (link) => this.#onOpened(link),
      'astranet:link:closed': (link) => this.#onClosed(link),
      'astranet:link:refused': ({ error, remoteAddress }) => refusals.note(error, remoteAddress),
      'astranet:join:failed': (failed) => this.#onJoinFailed(failed),
      'astranet:registry:reachable': (change) => this.#onReachable(change),
      'astranet:registry:refused': (refused) => this.#onRegistryRefused(refused),
    })
  }

  /** Logs nothing more. Idempotent. */
  end(): void {
    this.#end()
  }

  #onJoinFailed({ nodeId, error }: JoinFailed): void {
    const node = formatNodeId(nodeId)
    const more = this.#ration.take(`rejoin ${node}`)
    if (more === undefined) return
    const text = `cannot join ${node} again, and goes on trying: ${error.message}${more}`
    this.#log.warn({ event: 'rejoin-failed', node, code: codeOf(error) }, text)
  }

  #onReachable({ nodeId, isReachable }: Reachable): void {
    const node = formatNodeId(nodeId)
    const event = isReachable ? 'reachable' : 'unreachable'
    this.#log.debug({ event, node }, `${node} can${isReachable ? '' : 'not'} be reached`)
  }

  #onRegistryRefused({ kind, owner, speaker, text }: RegistryRefused): void {
    const more = this.#ration.take(`registry ${kind}`)
    if (more === undefined) return
    const fields = { event: 'registry-refused', kind, owner: textOf(owner), speaker: textOf(speaker) }
    const about = `what ${fields.speaker ?? 'a node'} sent about ${fields.owner ?? 'others'}`
    this.#log.warn(fields, `did not take ${about}: ${text}${more}`)
  }

  #onOpened({ nodeId, remoteAddress, isDialedHere, roles, security }: LinkOpened): void {
    const node = formatNodeId(nodeId)
    const [role = 'node'] = roles
    const where = `${isDialedHere ? 'at' : 'from'} ${remoteAddress === '' ? 'a local socket' : remoteAddress}`
    this.#log.info(
      { event: 'joined', node, remoteAddress, isDialedHere, role, security },
      `joined: ${node} ${where} (${role}, ${security ?? 'private'})`,
    )
  }

  #onClosed({ nodeId, remoteAddress, sentBytes, receivedBytes, error }: LinkClosed): void {
    const code = error === undefined ? 'none' : (error.code ?? 'other')
    const node = formatNodeId(nodeId)
    const why = error === undefined ? '' : `: ${error.message}`
    this.#log.info(
      { event: 'left', node, remoteAddress, sentBytes, receivedBytes, code },
      `left: ${node}${why} (${receivedBytes} bytes received, ${sentBytes} sent)`,
    )
  }
}

function textOf(nodeId: NodeId | undefined): string | undefined {
  return nodeId === undefined ? undefined : formatNodeId(nodeId)
}
