/**
 * Deadlines of calls that lie further ahead than a timer of Node.js can: it would end them after a millisecond.
 */

/** `headers`: those of a call; the longest deadline that a timer can wait for replaces a later one. */
export const boundTimeouts = (headers: Headers): void => {
  const [, count = "", unit = ""] = grpcTimeout.exec(headers.get("grpc-timeout") ?? "") ?? []
  if (Number(count) * (units.get(unit) ?? 0) > longest) headers.set("grpc-timeout", `${Math.floor(longest / 1_000)}S`)
  const connect = headers.get("connect-timeout-ms") ?? ""
  if (/^\d{1,10}$/.test(connect) && Number(connect) > longest) headers.set("connect-timeout-ms", String(longest))
}

/** Milliseconds: 24 days. */
const longest = 2 ** 31 - 1

/** Those of shorter units cannot be too long. */
const grpcTimeout = /^(\d{1,8})([HMS])$/

const units: ReadonlyMap<string, number> = new Map([["H", 3_600_000], ["M", 60_000], ["S", 1_000]])
