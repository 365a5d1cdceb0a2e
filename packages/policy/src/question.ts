import { checkObject, invalidValue } from '@astranet/interface/check'
import type { PolicyQuestion } from './proto/model.js'

const PARTS = {
  link: ['peer'],
  dial: ['peer', 'service'],
  offer: ['peer', 'service'],
  forward: ['from', 'to'],
} as const

/** Throws a `TypeError` that names what is missing unless `question` is one. */
export function checkQuestion(question: PolicyQuestion): void {
  const members = (question ?? {}) as Readonly<Record<string, unknown>>
  const action = members['action']
  if (typeof action !== 'string' || !Object.hasOwn(PARTS, action)) {
    const listed = Object.keys(PARTS)
      .map((each) => `'${each}'`)
      .join(', ')
    throw invalidValue('question.action', `must be one of: ${listed}`, action)
  }
  for (const part of PARTS[action as keyof typeof PARTS]) {
    checkObject(`question.${part}`, members[part])
  }
}
