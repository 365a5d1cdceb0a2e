import { createServer } from 'node:net'
import { tcp } from '@astranet/transport-tcp'
import { PortMapper } from '@astranet/transport-tcp/port-mapping'
import { openManyPorts, openSimultaneously, tryPorts } from '@astranet/transport-tcp/punch'
import { expect, it } from 'vitest'

it('options that are not known are refused, with what was perhaps meant', () => {
  expect(() => tcp({ tsl: {} } as never)).toThrow(
    expect.objectContaining({
      code: 'ERR_INVALID_ARG_VALUE',
      message: `The property 'options.tsl' is not an option, did you mean "tls"?`,
    }),
  )
  expect(() => tcp({ tls: true } as never)).toThrow(/"options.tls" property must be of type object/)
  expect(() => tcp(5 as never)).toThrow(/"options" argument must be of type object/)
  expect(() => new PortMapper({ gatway: '10.0.0.1' } as never)).toThrow(/did you mean "gateway"\?/)
  const gateway = { host: '10.0.0.1', port: 5351, sspdPort: 1900 }
  expect(() => new PortMapper({ gateway } as never)).toThrow(
    `'options.gateway.sspdPort' is not an option, did you mean "ssdpPort"?`,
  )
  const { signal } = new AbortController()
  const punch = {
    remote: { host: '127.0.0.1', port: 1 },
    signal,
    takeSyn: () => false,
    onConnection: () => {},
  }
  for (const open of [openManyPorts, openSimultaneously, tryPorts])
    expect(() => open({ ...punch, local: 1 } as never)).toThrow(/'options.local' is not an option/)
})

it("leaves the names in tls to Node's own", () => {
  const tls = { honorCipherOrder: true, notOfNode: 1 }
  expect(() => tcp({ tls } as never)).not.toThrow()
  expect(() => createServer({ notOfNode: 1 } as never)).not.toThrow()
})

it.each(['tcp', 'tcp4', 'unix'])('does not listen on %s without a handler', async (network) => {
  const listening = tcp().listen(network, network === 'unix' ? '*' : '127.0.0.1:0', undefined as never)
  await expect(listening).rejects.toMatchObject({
    code: 'ERR_INVALID_ARG_TYPE',
    message: 'The "options" argument must be of type object. Received undefined',
  })
})
