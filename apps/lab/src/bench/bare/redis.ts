/**
 * The baseline of a service with Redis alone: the bare handler, which looks the domain up by one GET of ioredis. A value
 * begins with the digest, and is as long as those of the service. URL, length and file of digests come from the environment.
 */
import { Redis } from "ioredis"
import { hash } from "node:crypto"
import { readFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

const { DIGESTS: path = "", LENGTH: length = "", REDIS_URL: url = "" } = process.env
const redis = new Redis(url)

const digests = readFileSync(path)
const written: Array<Promise<unknown>> = []
for (let at = 0; at < digests.length; at += 32) {
  const key = `bare:d${String(at / 32).padStart(7, "0")}.example`
  written.push(redis.set(key, digests.toString("base64", at, at + 32).padEnd(Number(length), ".")))
}
await Promise.all(written)

const server = createServer((request, response) => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", async () => {
    const { certificate, domain } = JSON.parse(Buffer.concat(chunks).toString("utf8"))
    const der = Buffer.from(certificate.replace(/-----[A-Z ]+-----/g, ""), "base64")
    const sha256 = hash("sha256", der, "base64")
    const value = await redis.getBuffer(`bare:${domain}`)
    const valid = value?.toString("latin1", 0, sha256.length) === sha256
    const body = JSON.stringify({ valid, verdict: valid ? "verified" : "mismatch", domain, sha256 })
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) }).end(body)
  })
})
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`listening on http://127.0.0.1:${port}\n`)
})
process.on("SIGTERM", () => process.exit(0))
