import { formatNodeId, type NodeId } from '@astranet/interface'
import { DialError, RefusalReason } from '@astranet/link'
import type { ServiceInstance } from '@astranet/registry'
import { NetError } from '../api/net-error.js'
import type { SocketEnds } from '../api/socket-ends.js'
import { nameHint } from './name-hint.js'

/** @internal The parts of a call that the message of its error contains. */
export interface FailedCall {
  /** The address as the caller wrote it. */
  readonly text: string
  readonly environment: string
  readonly timeoutMs: number
}

/** The far side refused, or the link to it broke before it answered. */
export function refused(cause: DialError, ends: SocketEnds, call: FailedCall): NetError {
  const where = `port ${ends.remotePort} of node ${formatNodeId(ends.remoteNode)}`
  return dialError(cause.code, `${cause.message} (${where})`, { call, cause })
}

/** No node offers the service; `unseen`: why this node may not see one that does. */
export function notFound(
  { service, port }: { readonly service: string; readonly port: number | undefined },
  call: FailedCall,
  unseen: string | undefined,
): NetError {
  const what = port === undefined ? `the service "${service}"` : `the service "${service}" at port ${port}`
  const where = call.environment === '' ? '' : ` in the environment "${call.environment}"`
  const hints = [nameHint(service), unseen].filter((hint) => hint !== undefined)
  const why = hints.length === 0 ? '' : `: ${hints.join('; ')}`
  return dialError('ENOTFOUND', `no node offers ${what}${where}${waited(call)}${why}`, { call })
}

/** Nodes offer the service, and none at this port. */
export function portNotOffered(service: string, port: number | undefined, call: FailedCall): NetError {
  const message = `no node offers the service "${service}" at port ${port}, but at other ports`
  return dialError('ECONNREFUSED', message, { call })
}

/** Nodes offer the service and could be asked, and the caller's selector has picked none of them. */
export function noneSelected(service: string, count: number, call: FailedCall): NetError {
  const which = count === 1 ? 'the only instance' : `any of the ${count} instances`
  return dialError(
    'ENOTFOUND',
    `the selector did not pick ${which} of the service "${service}"${waited(call)}`,
    {
      call,
    },
  )
}

/** A URL writes the names of several services in the same way. */
export function ambiguousHost(host: string, names: readonly string[], call: FailedCall): NetError {
  const listed = names
    .slice(0, 3)
    .map((name) => JSON.stringify(name))
    .join(', ')
  const message = `a URL writes the names of ${names.length} services as "${host}" (${listed}): none is dialed`
  return dialError('ENOTFOUND', message, { call })
}

/**
 * There is no link to the node, and none could be made; `cause`: why not, if one was tried. `unseen`: why this node may
 * not see the other.
 */
export function noRoute(
  nodeId: NodeId,
  call: FailedCall,
  { cause, unseen }: { readonly cause: Error | undefined; readonly unseen: string | undefined },
): NetError {
  const unknown = unseen === undefined ? '' : `; ${unseen}`
  const why = cause === undefined ? `no route to it is known${unknown}` : cause.message
  const message = `there is no link to node ${formatNodeId(nodeId)}${waited(call)}: ${why}`
  return dialError('EHOSTUNREACH', message, { call, cause })
}

/** Nodes offer the service, and there is no link to any of them. */
export function noRouteToService(
  service: string,
  instances: readonly ServiceInstance[],
  call: FailedCall,
): NetError {
  const nodes = [...new Set(instances.map(({ nodeId }) => formatNodeId(nodeId)))]
  const [first = '', ...others] = nodes
  const who = others.length === 0 ? `node ${first} offers` : `${nodes.length} nodes (${first}, …) offer`
  const message =
    `${who} the service "${service}", and there is no link to ${others.length === 0 ? 'it' : 'any of them'}` +
    `${waited(call)}, and no route is known`
  return dialError('EHOSTUNREACH', message, { call })
}

/** The far side did not answer. */
export function timedOut(ends: SocketEnds, call: FailedCall): NetError {
  return dialError('ETIMEDOUT', `node ${formatNodeId(ends.remoteNode)} did not answer in time`, { call })
}

/** The sessions over which a node dials itself ended before they took the dial. */
export function selfBroken(cause: unknown): DialError {
  return new DialError('ECONNRESET', 'the connection of this node with itself ended', {
    isRetryable: true,
    cause,
  })
}

/** Whether another instance may be asked: the far side certainly did not act on the dial. */
export function isWorthAnother(error: unknown): error is NetError {
  return error instanceof NetError && error.cause instanceof DialError && error.cause.isRetryable
}

/**
 * Whether a dial of a service failed for a reason that makes its instance a bad choice for other dials. What a policy
 * does not allow this node says nothing about the instance.
 */
export function isInstanceAtFault(error: unknown): boolean {
  if (!(error instanceof NetError) || !(error.cause instanceof DialError)) return false
  return error.cause.reason !== RefusalReason.FORBIDDEN
}

/** Whether the far side answered that nobody listens on the port. */
export function isNobodyThere(error: unknown): boolean {
  if (!(error instanceof NetError) || !(error.cause instanceof DialError)) return false
  return error.cause.reason === RefusalReason.CONNECTION_REFUSED
}

function dialError(
  code: string,
  message: string,
  { call, cause }: { call: FailedCall; cause?: unknown },
): NetError {
  return new NetError(code, message, { syscall: 'dial', address: call.text, cause })
}

function waited({ timeoutMs }: FailedCall): string {
  return timeoutMs === 0 ? '' : ` (waited ${timeoutMs} ms)`
}
