import { AstraNet, formatNodeId } from '@astranet/core/browser'
import { show } from './elements.js'
import { setUpGreeting } from './greeting.js'
import { keepJoined } from './link.js'
import { keepListing } from './services.js'
import { setUpTransfer } from './transfer.js'

const node = await AstraNet.create()
show('self', formatNodeId(node.nodeId))
await setUpGreeting(node)
setUpTransfer(node)
void keepListing(node)
await keepJoined(node)
