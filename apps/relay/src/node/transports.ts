import type { Transport } from '@astranet/interface'
import { tcp } from '@astranet/transport-tcp'
import { ws } from '@astranet/transport-ws'
import type { TlsMaterial } from '../files/tls-files.js'
import { TlsTransport } from './tls-transport.js'

/** The ways in which the relay joins and can be joined. With authorities of its own it requests certificates of peers. */
export function transportsOf(material: TlsMaterial, origins: readonly string[]): readonly Transport[] {
  const requestCert = material.ca !== undefined
  const tls = { ...material, requestCert }
  return [
    tcp(),
    new TlsTransport(tls),
    ws({ tls, ...(origins.length === 0 ? {} : { origins: origins.includes('*') ? '*' : origins }) }),
  ]
}
