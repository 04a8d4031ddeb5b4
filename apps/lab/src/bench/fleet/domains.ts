/** Names of domains: each is a site of its own. */

const digits = 7

export const domainOf = (index: number): string => `d${String(index).padStart(digits, "0")}.example`

/** NaN for a name that is not one of these. */
export const indexOf = (domain: string): number => Number(/^d(\d+)\.example$/.exec(domain)?.[1])
