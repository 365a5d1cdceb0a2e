/**
 * The part of a remote address that stands for one machine or household: an IPv4 address, or the /64 of an IPv6
 * address, which one of its machines can fill alone. `undefined` for what is no `host:port` of IP, such as the path of
 * a Unix socket.
 */
export function remoteHost(remoteAddress: string): string | undefined {
  const found = /^(?:\[([0-9a-f:.]+)(?:%[^\]]*)?\]|([0-9.]+)):\d+$/i.exec(remoteAddress)
  if (found === null) return undefined
  const [, six, four] = found
  return six === undefined ? four : hostOfSix(six.toLowerCase())
}

function hostOfSix(address: string): string | undefined {
  const mapped = /^::ffff:(\d+(?:\.\d+){3})$/.exec(address)
  if (mapped !== null) return mapped[1]
  const [head = '', tail] = address.split('::')
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':')
    while (groups.length + after.length < 8) groups.push('0')
    groups.push(...after)
  }
  if (groups.length < 8) return undefined
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}
