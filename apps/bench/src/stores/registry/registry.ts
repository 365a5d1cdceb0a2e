import type { CatalogueSizes, Store } from '../store.js'
import { catalogueClient, serveCatalogue } from './catalogue.js'
import { serveWatch, watchClient } from './watch.js'

/**
 * AstraNet's catalogue. In `catalogue` it is `@astranet/registry` over a TCP connection, since ten thousand nodes do not
 * fit on one machine; in `watch` it is whole nodes and a router in another process.
 */
export const registry: Store = {
  name: 'registry',
  note: "AstraNet's catalogue, every state signed and checked",
  holder: 'client',
  serve: (work, sizes) =>
    work === 'watch' ? serveWatch() : serveCatalogue(sizes as unknown as CatalogueSizes),
  connectWatch: watchClient,
  connectCatalogue: (address) => Promise.resolve(catalogueClient(address)),
}
