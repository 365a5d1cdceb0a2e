import type { PolicyService, Verdict } from '@astranet/policy'

/** How much of a name is in the text of a refusal, which a link cuts at 200 UTF-16 units. */
const MAX_SHOWN_UNITS = 64

/** Why a dial is refused, for the dialer. */
export function dialText({ rule }: Verdict, service: PolicyService): string {
  return `policy rule ${quoted(rule)} does not allow this node to dial ${offered(service)}`
}

/** Why a service may not be offered. */
export function offerText({ rule }: Verdict, service: PolicyService): string {
  return `policy rule ${quoted(rule)} does not allow this node to offer ${offered(service)}`
}

/** Why a link is refused. */
export function linkText({ rule }: Verdict, node: string): string {
  return `policy rule ${quoted(rule)} does not allow node ${node} to link`
}

/** Why a tunnel is not forwarded. */
export function forwardText({ rule }: Verdict, from: string, to: string): string {
  return `policy rule ${quoted(rule)} does not allow to forward from node ${from} to node ${to}`
}

/** A service in a sentence. */
export function offered({ name, port }: PolicyService): string {
  return name === '' ? `port ${port}` : `the service ${quoted(name)}`
}

function quoted(text: string): string {
  return `"${text.length <= MAX_SHOWN_UNITS ? text : `${text.slice(0, MAX_SHOWN_UNITS - 1)}…`}"`
}
