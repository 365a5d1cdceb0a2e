export type { Route, RouteChange } from './proto/routes/route.js'
export { RouteTable } from './proto/routes/route-table.js'
