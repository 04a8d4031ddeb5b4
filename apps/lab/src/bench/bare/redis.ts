/**
 * The baseline of a service with Redis alone: the bare handler plus one GET by ioredis, of a value of the same length. URL
 * and key come from the environment.
 */
import { Redis } from "ioredis"
import { hash } from "node:crypto"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

const { KEY: key = "", REDIS_URL: url = "" } = process.env
const redis = new Redis(url)

const server = createServer((request, response) => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", async () => {
    const { certificate, domain } = JSON.parse(Buffer.concat(chunks).toString("utf8"))
    const der = Buffer.from(certificate.replace(/-----[A-Z ]+-----/g, ""), "base64")
    const sha256 = hash("sha256", der, "base64")
    const value = await redis.getBuffer(key)
    const body = JSON.stringify({ valid: value !== null, domain, sha256 })
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) }).end(body)
  })
})
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`listening on http://127.0.0.1:${port}\n`)
})
process.on("SIGTERM", () => process.exit(0))
