import type { ByteDuplex, ByteDuplexHandler } from '@astranet/interface'
import { expect, it } from 'vitest'
import { keepEnd } from '../src/io/doorway/keep-end.js'

it('an end that came before is reported once, before the pipe closes from inside its resume', () => {
  let handler: ByteDuplexHandler | undefined
  const pipe: ByteDuplex = {
    capabilities: { halfClose: true },
    localAddress: '',
    remoteAddress: '',
    bufferedBytes: 0,
    handle: (newHandler) => void (handler = newHandler),
    writev: () => true,
    pause: () => undefined,
    resume: () => handler?.onClose(undefined),
    end: () => undefined,
    abort: () => undefined,
  }
  const calls: string[] = []
  const kept = keepEnd(pipe)
  kept.handle({
    onData: () => void calls.push('data'),
    onDrain: () => void calls.push('drain'),
    onEnd: () => void calls.push('end'),
    onClose: () => void calls.push('close'),
  })
  kept.resume()
  expect(calls).toEqual(['end', 'close'])
})
