import { inspect } from 'node:util'
import { AstraError, toError } from '@astranet/interface'
import { describe, expect, it } from 'vitest'

describe('AstraError', () => {
  it('is an Error with a code, a sentence and a cause', () => {
    const cause = new Error('below')
    const error = new AstraError('ECONNREFUSED', 'Nobody listens there.', { cause })
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({
      name: 'AstraError',
      code: 'ECONNREFUSED',
      message: 'Nobody listens there.',
      cause,
    })
  })

  it.each([undefined, {}, { cause: undefined }])(
    'has no property for a cause that is not there: %j',
    (options) => {
      const error = new AstraError('ECONNREFUSED', 'Nobody listens there.', options)
      expect('cause' in error).toBe(false)
      expect(inspect(error)).not.toContain('cause')
    },
  )
})

describe('toError', () => {
  it('leaves errors alone and wraps everything else', () => {
    const error = new RangeError('too far')
    expect(toError(error)).toBe(error)
    expect(toError('words')).toMatchObject({ code: 'ASTRA_ERR_UNKNOWN', message: 'words' })
    expect(toError(undefined)).toMatchObject({ message: 'undefined' })
  })
})
