import { formatNodeId } from '@astranet/interface'
import type { PolicyList, PolicyPeer, PolicyQuestion, PolicyRule } from '../../src/index.js'
import { keyText } from './peers.js'

/** What a list decides, as its documentation says it, without a thought of speed. */
export function naiveDecision(
  list: PolicyList,
  question: PolicyQuestion,
): { allowed: boolean; rule?: string } {
  const rule = list.rules.find((each) => matches(list, each, question))
  if (rule === undefined) return { allowed: list.default === 'allow' }
  return { allowed: rule.effect === 'allow', rule: rule.name }
}

export function naiveRoles(list: PolicyList, peer: PolicyPeer): Set<string> {
  const own = [formatNodeId(peer.nodeId), keyText(peer.publicKey)]
  const given = Object.entries(list.roles ?? {}).filter(([, members]) =>
    members.some((member) => own.includes(member) || member.toLowerCase() === own[0]),
  )
  return new Set([...peer.roles, ...given.map(([role]) => role)])
}

function matches(list: PolicyList, rule: PolicyRule, question: PolicyQuestion): boolean {
  if (![rule.action].flat().includes(question.action)) return false
  const first = question.action === 'forward' ? question.from : question.peer
  if (!isOneOf(list, rule.peers, first)) return false
  if (question.action === 'forward' && !isOneOf(list, rule.to, question.to)) return false
  if (!('service' in question) || rule.services === undefined) return true
  const { name, environment } = question.service
  return [rule.services].flat().some((pattern) => {
    const [before, after] = pattern.split('/') as [string, string?]
    return after === undefined
      ? globMatches(before, name)
      : globMatches(before, environment) && globMatches(after, name)
  })
}

function isOneOf(list: PolicyList, patterns: PolicyRule['peers'], peer: PolicyPeer): boolean {
  if (patterns === undefined) return true
  return [patterns].flat().some((pattern) => {
    if (pattern === '*') return true
    if (pattern.startsWith('role:')) {
      return [...naiveRoles(list, peer)].some((role) => globMatches(pattern.slice(5), role))
    }
    if (pattern.startsWith('key:')) return globMatches(pattern.slice(4), keyText(peer.publicKey))
    if (pattern.length === 43) return pattern === keyText(peer.publicKey)
    return globMatches(pattern.toLowerCase(), formatNodeId(peer.nodeId))
  })
}

/** With a regular expression, which the package itself never makes of a pattern. */
export function globMatches(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(text)
}
