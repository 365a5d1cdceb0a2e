import type { Message } from './message.js'

/** The types of messages in the order of their numbers on the wire. */
export const MESSAGE_TYPES: readonly Message['type'][] = [
  'greeting',
  'buckets',
  'versions',
  'deltas',
  'ask',
  'announce',
  'gone',
  'confirm',
  'wants',
  'settled',
  'root',
  'restart',
  'confirmed',
]
