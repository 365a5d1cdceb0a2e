import type { CatalogueRecord } from './record.js'

/*
 * What entries of others take of the heap, measured with V8 of Node 20, 22 and 24 (`test/memory.test.ts` repeats it):
 *
 *   service, name of 6 bytes            up to 891 bytes while it is offered, 437 while its node is down
 *   each further byte of its name       3.3: it is in the record, in two keys, and in the list of names
 *   each tag                            its text and up to 60
 *   link                                246
 *   a neighbour without any entries     670; with an empty state 970
 *   its entry about itself              180, and for each role and address its text and up to 30
 *
 * The counts below are a little higher, so that no mix of entries takes more than is counted. A neighbour that is down
 * takes about half of its count.
 */
const BYTES = { node: 320, service: 900, link: 320, text: 64 } as const

/** How many copies of the name and the environment of a service are held. */
const KEY_COPIES = 3

/** What is held of an owner beside its entries, in bytes. */
export const OWNER_BYTES = 1_280

/** The heap that a record of another node takes, in bytes: an upper bound. */
export function heldBytes(record: CatalogueRecord): number {
  switch (record.kind) {
    case 'node':
      return BYTES.node + listBytes(record.roles) + listBytes(record.addresses)
    case 'service': {
      const keyBytes = textBytes(record.environment) + textBytes(record.name)
      return BYTES.service + KEY_COPIES * keyBytes + listBytes(record.tags)
    }
    case 'link':
      return BYTES.link
  }
}

function listBytes(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + BYTES.text + textBytes(text), 0)
}

/** V8 takes one byte for each unit of a text that is all Latin-1, else two for each. */
function textBytes(text: string): number {
  return /^[\0-\xff]*$/.test(text) ? text.length : 2 * text.length
}
