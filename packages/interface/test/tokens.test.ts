import { checkTokens, isToken, NODE_FACT_LIMITS } from '@astranet/interface'
import { describe, expect, it } from 'vitest'

describe('a token', () => {
  it('is printable ASCII without spaces, of a limited length', () => {
    for (const text of ['a', '~!', 'x'.repeat(32)]) expect(isToken(text, 32)).toBe(true)
    for (const text of ['', 'a b', 'a\n', 'ä', 'x'.repeat(33), 1, null, undefined])
      expect(isToken(text, 32)).toBe(false)
  })
})

describe('a list of tokens', () => {
  const { roles, addresses } = NODE_FACT_LIMITS

  it('may be of the greatest number and length', () => {
    const list = Array.from({ length: 8 }, () => 'r'.repeat(32))
    expect(checkTokens('roles', list, roles)).toBe(list)
    const far = Array.from({ length: 16 }, () => 'a'.repeat(255))
    expect(checkTokens('addresses', far, addresses)).toBe(far)
  })

  it('is refused by an error that names it', () => {
    expect(() => checkTokens('roles', 'router', roles)).toThrow(
      /^The "roles" argument must be an instance of Array\. Received type string/,
    )
    expect(() =>
      checkTokens(
        'roles',
        Array.from({ length: 9 }, () => 'r'),
        roles,
      ),
    ).toThrow(RangeError)
    expect(() => checkTokens('roles', ['a', 'a b'], roles)).toThrow(
      /^The argument 'roles' must have strings of 1 to 32 characters/,
    )
    expect(() => checkTokens('addresses', ['x'.repeat(256)], addresses)).toThrow(
      /^The argument 'addresses' must have strings of 1 to 255/,
    )
    const holes = new Array<string>(2)
    expect(() => checkTokens('roles', holes, roles)).toThrow(TypeError)
  })
})
