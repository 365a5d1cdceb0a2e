export { PolicyEngine } from './engine.js'
export type { Policy } from './engine.js'
export { causeText } from './functions/cause-text.js'
export type { Decision, PolicyFunctions } from './functions/policy-functions.js'
export type { PolicyList, PolicyRule } from './proto/list/policy-list.js'
export type {
  Explanation,
  ExplanationStep,
  PolicyAction,
  PolicyPeer,
  PolicyQuestion,
  PolicyService,
  Verdict,
} from './proto/model.js'
export { ServicePatterns } from './proto/patterns/service-patterns.js'
