/**
 * Addresses that nobody on the Internet has any business to send this service to, one or more of each block, in the
 * forms in which they can be written into DNS.
 */

/** Those that can be bound here: a connection to one of them is seen by its listener as well as by the witness. */
export const boundIpv4 = ["127.0.0.2", "127.1.2.3", "127.255.255.254"] as const
export const boundIpv6 = "::1"

const ipv4: ReadonlyArray<readonly [what: string, ...addresses: ReadonlyArray<string>]> = [
  ["this network", "0.0.0.0", "0.255.255.255"],
  ["private use", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255"],
  ["shared address space", "100.64.0.1", "100.127.255.255"],
  ["loopback", ...boundIpv4],
  ["link local", "169.254.0.1", "169.254.255.255"],
  ["metadata of clouds", "169.254.169.254", "169.254.170.2", "100.100.100.200", "192.0.0.192", "168.63.129.16"],
  ["protocol assignments", "192.0.0.1", "192.0.0.170"],
  ["documentation", "192.0.2.1", "198.51.100.1", "203.0.113.1"],
  ["6to4 relay", "192.88.99.1"],
  ["benchmarking", "198.18.0.1", "198.19.255.255"],
  ["multicast", "224.0.0.1", "239.255.255.255"],
  ["reserved", "240.0.0.1", "255.255.255.254"],
  ["broadcast", "255.255.255.255"]
]

const ipv6: typeof ipv4 = [
  ["unspecified", "::"],
  ["loopback", boundIpv6, "0:0:0:0:0:0:0:1"],
  ["local-use NAT64", "64:ff9b:1::1", "64:ff9b:1::a00:1", "64:ff9b:1:a00:0:100::", "64:ff9b:1::808:808"],
  ["discard only", "100::1"],
  ["dummy prefix", "100:0:0:1::1"],
  ["protocol assignments", "2001:1::1", "2001:3::1", "2001:4:112::1", "2001:30::1"],
  ["benchmarking", "2001:2::1"],
  ["ORCHID", "2001:10::1", "2001:20::1"],
  ["documentation", "2001:db8::1", "3fff::1"],
  ["segment routing", "5f00::1"],
  ["unassigned", "4000::1", "8000::1", "e000::1"],
  ["unique local", "fc00::1", "fd00::1", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["metadata of clouds", "fd00:ec2::254", "fd20:ce::254", "fe80::a9fe:a9fe"],
  ["link local", "fe80::1", "febf::1"],
  ["site local", "fec0::1"],
  ["multicast", "ff01::1", "ff02::1", "ff0e::1"],
  ["translated IPv4", "::ffff:0:127.0.0.2", "::ffff:0:8.8.8.8"]
]

/** What an IPv4 address looks like inside an IPv6 one, in more than one spelling. */
const embeddings = (address: string): ReadonlyArray<string> => {
  const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number)
  const hex = (high: number, low: number) => (high * 256 + low).toString(16)
  const pair = `${hex(a, b)}:${hex(c, d)}`
  return [
    `::ffff:${address}`, // mapped
    `0:0:0:0:0:FFFF:${pair}`,
    `::${pair}`, // compatible
    `0000:0000:0000:0000:0000:0000:${address}`,
    `64:ff9b::${address}`, // NAT64
    `0064:FF9B:0:0:0:0:${pair}`,
    `2002:${pair}::1`, // 6to4
    `2001:0:c000:201:0:0:${hex(255 - a, 255 - b)}:${hex(255 - c, 255 - d)}` // Teredo
  ]
}

const embedded = ["127.0.0.2", "10.0.0.1", "169.254.169.254", "192.168.0.1", "100.64.0.1", "0.0.0.0", "255.255.255.255"]

/** Each is refused, whichever way it is reached. */
export const refusedAddresses: ReadonlyArray<readonly [address: string, what: string]> = [
  ...[...ipv4, ...ipv6].flatMap(([what, ...addresses]) => addresses.map((address) => [address, what] as const)),
  ...embedded.flatMap((inner) => embeddings(inner).map((address) => [address, `embeds ${inner}`] as const))
]
