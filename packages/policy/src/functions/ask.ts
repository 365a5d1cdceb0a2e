import { onAbort } from '@astranet/interface'
import type { PolicyPeer, PolicyQuestion, Verdict } from '../proto/model.js'
import type { PolicyFunctions } from './policy-functions.js'
import { failed, isThenable, verdictOf } from './verdict-of.js'

/** The functions that a policy may have. */
export type FunctionName = 'mayLink' | 'mayDial' | 'mayOffer' | 'mayForward'

/** A question that is answered at once. */
export type ImmediateQuestion = Exclude<PolicyQuestion, { action: 'link' }>

/** The function for each action. */
export const FUNCTION_OF: Readonly<Record<PolicyQuestion['action'], FunctionName>> = {
  link: 'mayLink',
  dial: 'mayDial',
  offer: 'mayOffer',
  forward: 'mayForward',
}

/** Asks the function for `question`. Never throws: whatever is no decision is a "no". */
export function askNow(policy: PolicyFunctions, question: ImmediateQuestion): Verdict {
  const name = FUNCTION_OF[question.action]
  try {
    const answer = callNow(policy, question)
    if (!isThenable(answer)) return verdictOf(name, answer)
    // The promise is not waited for, but nothing may come of its rejection either.
    settle(answer).catch(() => undefined)
    return failed(`${name} answered with a promise, only mayLink may`)
  } catch (error) {
    return failed(`${name} threw an error`, error)
  }
}

/** Calls the function for `question`. */
function callNow(policy: PolicyFunctions, question: ImmediateQuestion): unknown {
  switch (question.action) {
    case 'dial':
      return policy.mayDial?.(question.peer, question.service)
    case 'offer':
      return policy.mayOffer?.(question.peer, question.service)
    case 'forward':
      return policy.mayForward?.(question.from, question.to)
  }
}

/** Asks `mayLink`, and waits for its answer until `signal` aborts. Never rejects. */
export async function askLink(
  policy: PolicyFunctions,
  peer: PolicyPeer,
  signal: AbortSignal,
): Promise<Verdict> {
  if (signal.aborted) return tooLate(signal)
  let answer: unknown
  try {
    answer = policy.mayLink?.(peer, signal)
    if (!isThenable(answer)) return verdictOf('mayLink', answer)
  } catch (error) {
    return failed('mayLink threw an error', error)
  }
  return waitFor(answer, signal)
}

function waitFor(answer: PromiseLike<unknown>, signal: AbortSignal): Promise<Verdict> {
  return new Promise((resolve) => {
    const stop = onAbort(signal, () => resolve(tooLate(signal)))
    settle(answer)
      .then(
        (decision) => verdictOf('mayLink', decision),
        (error: unknown) => failed('mayLink rejected', error),
      )
      .then(resolve, (error: unknown) => resolve(failed('mayLink answered with no decision', error)))
      .finally(stop)
  })
}

/** A promise of our own for any thenable, so that nothing that a strange one does happens in this turn. */
function settle(answer: PromiseLike<unknown>): Promise<unknown> {
  return new Promise((resolve) => resolve(answer))
}

function tooLate(signal: AbortSignal): Verdict {
  return failed('mayLink did not answer in time', signal.reason)
}
