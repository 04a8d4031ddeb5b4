/** Names of the hosts in the world, and back from a name to its number. Each is a site of its own. */

export const domainName = (domain: number): string => `d${domain}.example`
export const providerName = (provider: number): string => `provider-${provider}.example`

export type Host =
  | { readonly _tag: "Domain"; readonly domain: number }
  | { readonly _tag: "Provider"; readonly provider: number }

export const hostOf = (name: string): Host =>
  name.startsWith("d")
    ? { _tag: "Domain", domain: Number(name.slice(1, -".example".length)) }
    : { _tag: "Provider", provider: Number(name.slice("provider-".length, -".example".length)) }
