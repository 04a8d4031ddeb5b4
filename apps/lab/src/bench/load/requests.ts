/**
 * Files of rendered requests, one after another. Before each stands its length in eight decimal digits, which a script of
 * `wrk` reads as easily.
 */
import { readFileSync, writeFileSync } from "node:fs"

const lengthDigits = 8

export const writeRequests = (path: string, requests: ReadonlyArray<Buffer>): void =>
  writeFileSync(
    path,
    Buffer.concat(
      requests.flatMap((octets) => [Buffer.from(String(octets.length).padStart(lengthDigits, "0")), octets])
    )
  )

export const readRequests = (path: string): ReadonlyArray<Buffer> => {
  const octets = readFileSync(path)
  const requests: Array<Buffer> = []
  for (let at = 0; at < octets.length;) {
    const start = at + lengthDigits
    at = start + Number(octets.toString("latin1", at, start))
    requests.push(octets.subarray(start, at))
  }
  return requests
}
