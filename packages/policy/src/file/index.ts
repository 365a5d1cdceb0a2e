export { loadPolicy } from './load-policy.js'
export { parsePolicy } from './parse-policy.js'
