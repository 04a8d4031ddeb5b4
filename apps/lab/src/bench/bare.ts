/**
 * The baseline: a bare `node:http` handler that parses the same body and hashes the same PEM, and nothing else.
 */
import { hash } from "node:crypto"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

const server = createServer((request, response) => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => {
    const { certificate, domain } = JSON.parse(Buffer.concat(chunks).toString("utf8"))
    const der = Buffer.from(certificate.replace(/-----[A-Z ]+-----/g, ""), "base64")
    const body = JSON.stringify({ valid: true, domain, sha256: hash("sha256", der, "base64") })
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) }).end(body)
  })
})
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`listening on http://127.0.0.1:${port}\n`)
})
process.on("SIGTERM", () => process.exit(0))
