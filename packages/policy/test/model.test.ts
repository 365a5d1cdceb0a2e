import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PolicyEngine, type PolicyQuestion, type Verdict } from '../src/index.js'
import { parsePolicy } from '../src/file/index.js'
import { Glob } from '../src/proto/patterns/glob.js'
import { lists, peers, questions } from './support/arbitraries.js'
import { globMatches, naiveDecision, naiveRoles } from './support/naive.js'
import { noDeadline } from './support/peers.js'

function ask(engine: PolicyEngine, question: PolicyQuestion): Verdict | Promise<Verdict> {
  switch (question.action) {
    case 'link':
      return engine.mayLink(question.peer, noDeadline())
    case 'dial':
      return engine.mayDial(question.peer, question.service)
    case 'offer':
      return engine.mayOffer(question.peer, question.service)
    case 'forward':
      return engine.mayForward(question.from, question.to)
  }
}

test('a list decides as a naive reading of it does, at the first question and later', async () => {
  const property = fc.asyncProperty(
    lists,
    fc.array(questions, { minLength: 1, maxLength: 8 }),
    async (list, asked) => {
      const engine = new PolicyEngine(list)
      for (const question of [...asked, ...asked]) {
        const { allowed, rule } = naiveDecision(list, question)
        expect(await ask(engine, question)).toEqual({
          allowed,
          rule: rule ?? `no rule matches, default ${list.default ?? 'deny'}`,
        })
      }
    },
  )
  await fc.assert(property, { numRuns: 1_000 })
})

test('an explanation is the verdict, with each rule up to the one that decides', async () => {
  const property = fc.asyncProperty(lists, questions, async (list, question) => {
    const engine = new PolicyEngine(list)
    const { steps, ...verdict } = await engine.explain(question)
    expect(verdict).toEqual(await ask(engine, question))
    const decider = list.rules.findIndex(({ name }) => name === verdict.rule)
    const tried = decider === -1 ? list.rules : list.rules.slice(0, decider + 1)
    expect(steps.map(({ rule }) => rule)).toEqual(tried.map(({ name }) => name))
    expect(steps.map(({ isMatch }) => isMatch)).toEqual(tried.map((_, index) => index === decider))
  })
  await fc.assert(property, { numRuns: 500 })
})

test('a peer has the roles of its grant, and those that the list gives to its id or key', () => {
  const property = fc.property(lists, fc.constantFrom(...peers), (list, peer) => {
    expect(new Set(new PolicyEngine(list).rolesOf(peer))).toEqual(naiveRoles(list, peer))
  })
  fc.assert(property)
})

test('a list that is written as JSON and read again decides the same', async () => {
  const property = fc.asyncProperty(lists, questions, async (list, question) => {
    const read = parsePolicy(JSON.stringify(list, undefined, 1), 'policy.json')
    expect(read).toEqual(list)
    expect(await ask(new PolicyEngine(read), question)).toEqual(await ask(new PolicyEngine(list), question))
  })
  await fc.assert(property, { numRuns: 300 })
})

test('stars match as a regular expression would', () => {
  const texts = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.', '\n', '😀'), maxLength: 12 })
  const property = fc.property(texts, texts, (pattern, text) => {
    expect(new Glob(pattern).matches(text)).toBe(globMatches(pattern, text))
  })
  fc.assert(property, { numRuns: 20_000 })
})
