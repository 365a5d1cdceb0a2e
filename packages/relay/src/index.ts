export type { Route, RouteChange } from './proto/route.js'
export { RouteTable } from './proto/route-table.js'
