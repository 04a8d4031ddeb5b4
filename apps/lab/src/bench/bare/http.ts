/**
 * The baseline: a bare `node:http` handler that parses the same body, decodes and hashes the same certificate, looks the
 * domain up in a `Map`, and does nothing else. The file of digests comes from the environment: 32 octets for each domain.
 */
import { hash } from "node:crypto"
import { readFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

const { DIGESTS: path = "" } = process.env
const digests = readFileSync(path)
const known = new Map<string, string>()
for (let at = 0; at < digests.length; at += 32) {
  known.set(`d${String(at / 32).padStart(7, "0")}.example`, digests.toString("base64", at, at + 32))
}

const server = createServer((request, response) => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => {
    const { certificate, chain: [leaf] = [certificate], domain } = JSON.parse(Buffer.concat(chunks).toString("utf8"))
    const der = Buffer.from(leaf.replace(/-----[A-Z ]+-----/g, ""), "base64")
    const sha256 = hash("sha256", der, "base64")
    const valid = known.get(domain) === sha256
    const body = JSON.stringify({ valid, verdict: valid ? "verified" : "mismatch", domain, sha256 })
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) }).end(body)
  })
})
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`listening on http://127.0.0.1:${port}\n`)
})
process.on("SIGTERM", () => process.exit(0))
