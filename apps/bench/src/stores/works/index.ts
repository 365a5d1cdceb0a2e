import type { StoreWork } from '../store.js'
import { catalogue } from './catalogue.js'
import { watch } from './watch.js'

/** Every work of stores, in the order of the tables. */
export const storeWorks: readonly StoreWork[] = [catalogue, watch]
