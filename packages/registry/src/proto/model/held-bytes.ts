import { isShown, type LogItem } from './log-item.js'

/*
 * What the logs of others take of the heap and of byte arrays outside it, measured with V8 of Node 20
 * (`test/memory.test.ts` repeats it). The counts are a little higher, so that no mix of entries takes more than is
 * counted.
 */

/** A replica without content. */
export const REPLICA_BYTES = 120

/** A content without entries: its objects, a byte array, and what the byte array takes outside the heap. */
export const CONTENT_BYTES = 640

/** The least that one log takes. */
export const MIN_LOG_BYTES: number = REPLICA_BYTES + CONTENT_BYTES

/** The place of an entry in the list of its content. */
export const ITEM_SLOT_BYTES = 8

/** The place of an entry in the map of a large content. */
export const MAP_ENTRY_BYTES = 56

/** The place of an entry in what is not complete. */
export const STAGED_ENTRY_BYTES = 112

const BYTES = { node: 128, service: 112, link: 144, hidden: 48, text: 28, list: 48, id: 40 } as const

/** The memory of an item in bytes, without that of its stored bytes: an upper bound, as if no text were shared. */
export function itemBytes(item: LogItem): number {
  if (!isShown(item)) return BYTES.hidden + textBytes(item.of)
  switch (item.kind) {
    case 'node':
      return BYTES.node + listBytes(item.roles) + listBytes(item.addresses) + item.routers.length * BYTES.id
    case 'service': {
      const { environment, name, tags, zone, version } = item
      const labels = textBytes(environment) + textBytes(name) + textBytes(zone) + textBytes(version)
      return BYTES.service + labels + listBytes(tags)
    }
    case 'link':
      return BYTES.link
  }
}

/** The memory of the text of an item's key, in bytes. */
export function keyBytes(item: LogItem): number {
  if (!isShown(item)) return 0
  if (item.kind !== 'service') return 40
  const { environment, name } = item
  return 24 + (environment === '' ? textBytes(name) : textBytes(environment + name))
}

function listBytes(texts: readonly string[]): number {
  if (texts.length === 0) return 0
  let bytes: number = BYTES.list
  for (const text of texts) bytes += 8 + textBytes(text)
  return bytes
}

/** V8 takes one byte for each unit of a text that is all Latin-1, else two for each. */
function textBytes(text: string): number {
  if (text === '') return 0
  for (let index = 0; index < text.length; index++)
    if (text.charCodeAt(index) > 0xff) return BYTES.text + 2 * text.length
  return BYTES.text + text.length
}
