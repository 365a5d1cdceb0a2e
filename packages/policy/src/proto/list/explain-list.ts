import type { Explanation, ExplanationStep, PolicyQuestion, PolicyService } from '../model.js'
import type { PeerPattern } from '../patterns/peer-pattern.js'
import type { PeerView } from '../patterns/peer-view.js'
import type { CompiledList } from './compiled-list.js'
import { shown } from './fault.js'
import type { Rule } from './rule.js'

/** The most patterns or roles that one sentence lists. */
const MAX_LISTED = 8

/** A question as the rules see it. */
interface Seen {
  readonly action: PolicyQuestion['action']
  readonly peer: PeerView
  readonly service?: PolicyService
  readonly to?: PeerView
}

/** What `compiled` decides, with each rule up to the one that decides. */
export function explainList(compiled: CompiledList, question: PolicyQuestion): Explanation {
  const seen = seenBy(compiled, question)
  const steps: ExplanationStep[] = []
  for (const rule of compiled.list.rules) {
    const mismatch = mismatchOf(rule, seen)
    steps.push({
      rule: rule.parts.name,
      isMatch: mismatch === undefined,
      reason: mismatch ?? matchOf(rule, seen),
    })
    if (mismatch === undefined) return { ...rule.verdict, steps }
  }
  return { ...compiled.defaultVerdict, steps }
}

function seenBy(compiled: CompiledList, question: PolicyQuestion): Seen {
  const { action } = question
  if (action === 'forward') {
    return { action, peer: compiled.view(question.from), to: compiled.view(question.to) }
  }
  const peer = compiled.view(question.peer)
  return action === 'link' ? { action, peer } : { action, peer, service: question.service }
}

/** Why `rule` does not match, or `undefined` if it does. */
function mismatchOf(rule: Rule, { action, peer, service, to }: Seen): string | undefined {
  const { actions, peers, services } = rule.parts
  if (!rule.isAbout(action)) return `it is about ${[...actions].join(' and ')}, not ${action}`
  if (!rule.isFor(peer)) return `${peerText(peer)} is none of its peers: ${listed(peers ?? [])}`
  if (to !== undefined && !rule.isForReceiver(to)) {
    return `the receiving ${peerText(to)} is none of its "to": ${listed(rule.parts.to ?? [])}`
  }
  if (service !== undefined && !rule.isForService(service)) {
    return `${serviceText(service)} is none of its services: ${listed(services ?? [])}`
  }
  return undefined
}

/** Why `rule` matches: the pattern of each of its parts. */
function matchOf(rule: Rule, { peer, service, to }: Seen): string {
  const parts = [`${peerText(peer)} is ${matching(rule.parts.peers, peer)}`]
  if (to !== undefined) parts.push(`the receiving ${peerText(to)} is ${matching(rule.parts.to, to)}`)
  if (service !== undefined) {
    const pattern = rule.parts.services?.find((each) => each.matches(service))
    parts.push(`${serviceText(service)} is ${pattern === undefined ? 'any service' : shown(pattern.text)}`)
  }
  return parts.join(', ')
}

function matching(patterns: readonly PeerPattern[] | undefined, peer: PeerView): string {
  const pattern = patterns?.find((each) => each.matches(peer))
  return pattern === undefined ? 'any peer' : shown(pattern.text)
}

function peerText({ nodeId, key, roles }: PeerView): string {
  const shownRoles = roles.length === 0 ? 'no role' : `roles ${listed(roles.map((text) => ({ text })))}`
  return `peer ${nodeId} (key ${key}, ${shownRoles})`
}

function serviceText({ name, environment, port }: PolicyService): string {
  const where = environment === '' ? '' : ` in the environment ${shown(environment)}`
  return name === '' ? `port ${port}${where}` : `service ${shown(name)}${where}`
}

function listed(items: readonly { readonly text: string }[]): string {
  const texts = items.slice(0, MAX_LISTED).map(({ text }) => shown(text))
  if (items.length > MAX_LISTED) texts.push(`and ${items.length - MAX_LISTED} more`)
  return texts.join(', ')
}
