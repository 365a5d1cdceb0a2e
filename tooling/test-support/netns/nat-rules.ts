/** How a gateway translates and filters. What is left out is off. */
export interface NatOptions {
  /**
   * What becomes of the ports of connections that leave: kept while they are free, or drawn at random for each
   * connection. Default `'preserving'`. `'none'`: the addresses of the network behind the gateway are not translated.
   */
  readonly ports?: 'preserving' | 'random' | 'none'
  /** What a packet gets that belongs to no connection from inside: nothing, or a reset. Default `'drop'`. */
  readonly unsolicited?: 'drop' | 'reset'
  /** Ports of the gateway that lead to a host behind it. */
  readonly forwards?: readonly PortForward[]
  /** Whether the forwarded ports work from inside too. Default false. */
  readonly hairpin?: boolean
  /** Whether there are chains for miniupnpd, which adds to them what it forwards. Default false. */
  readonly portMapping?: boolean
  /** Addresses and networks to which nothing passes from inside. Default none. */
  readonly blocked?: readonly string[]
}

/** A port of a gateway that leads to a host behind it. */
export interface PortForward {
  readonly port: number
  /** An IPv4 address behind the gateway. */
  readonly to: string
}

/** The rules of nftables for a gateway between the interfaces `wan` and `lan`. */
export function natRules(options: NatOptions, wanAddress: string): string {
  return `${translation(options, wanAddress)}\n${filter(options)}`
}

function translation(
  { ports = 'preserving', forwards = [], hairpin = false }: NatOptions,
  wan: string,
): string {
  const from = hairpin ? '' : 'iifname "wan" '
  const inward = forwards.map(
    ({ port, to }) => `${from}ip daddr ${wan} tcp dport ${port} dnat to ${to}:${port}`,
  )
  const outward =
    ports === 'none' ? [] : [`oifname "wan" masquerade${ports === 'random' ? ' fully-random' : ''}`]
  // The answer has to come back through the gateway, or the dialer does not know its sender.
  if (hairpin) outward.push('iifname "lan" oifname "lan" ct status dnat masquerade')
  return table('ip nat', [
    chain('pre', 'nat hook prerouting priority -100', inward),
    chain('post', 'nat hook postrouting priority 100', outward),
  ])
}

function filter({ unsolicited = 'drop', blocked = [], portMapping = false }: NatOptions): string {
  const known = 'ct state established,related accept'
  const refuse = unsolicited === 'drop' ? 'drop' : 'meta l4proto tcp reject with tcp reset'
  const four = blocked.filter((each) => !each.includes(':'))
  const six = blocked.filter((each) => each.includes(':'))
  return table('inet filter', [
    chain('forward', 'filter hook forward priority 0; policy drop', [
      ...four.map((each) => `iifname "lan" ip daddr ${each} drop`),
      ...six.map((each) => `iifname "lan" ip6 daddr ${each} drop`),
      known,
      'iifname "lan" accept',
      'ct status dnat accept',
      ...(unsolicited === 'reset' ? [refuse] : []),
    ]),
    chain('input', 'filter hook input priority 0; policy accept', [
      known,
      // Without these no IPv6 address is found.
      'meta l4proto ipv6-icmp accept',
      `iifname "wan" ${refuse}`,
    ]),
    ...(portMapping ? portMappingChains() : []),
  ])
}

/** What miniupnpd expects in its table; it makes none of them itself. */
function portMappingChains(): string[] {
  return [
    '  chain miniupnpd {\n  }\n  chain prerouting_miniupnpd {\n  }\n  chain postrouting_miniupnpd {\n  }',
    chain('forward_mapped', 'filter hook forward priority -1', ['jump miniupnpd']),
    chain('prerouting', 'nat hook prerouting priority -101', ['jump prerouting_miniupnpd']),
    chain('postrouting', 'nat hook postrouting priority 99', ['jump postrouting_miniupnpd']),
  ]
}

function table(name: string, chains: readonly string[]): string {
  return `table ${name} {\n${chains.join('\n')}\n}`
}

function chain(name: string, type: string, rules: readonly string[]): string {
  return `  chain ${name} {\n    type ${type};\n${rules.map((rule) => `    ${rule}\n`).join('')}  }`
}
