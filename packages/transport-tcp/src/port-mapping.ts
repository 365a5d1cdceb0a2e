export type { GatewayEnd } from './port-mapping/gateway-socket.js'
export {
  PortMapper,
  type MappingGateway,
  type PortMapperOptions,
  type PortMapping,
} from './port-mapping/port-mapper.js'
