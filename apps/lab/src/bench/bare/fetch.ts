/**
 * The baseline of a cold resolution: answers `POST /v1/verify` after one HTTPS GET by undici, from a domain that it has not
 * asked before. Port of the origin and file of its CA come from the environment.
 */
import { hash } from "node:crypto"
import { readFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { connect, createSecureContext, rootCertificates } from "node:tls"
import { Agent, request } from "undici"

const { CA_FILE: caFile = "", ORIGIN_PORT: originPort = "" } = process.env
const secureContext = createSecureContext({ ca: [...rootCertificates, readFileSync(caFile, "utf8")] })

const dispatcher = new Agent({
  connect: ({ hostname }, callback) => {
    const socket = connect({ host: "127.0.0.1", port: Number(originPort), servername: hostname, secureContext })
    socket.setNoDelay(true)
    socket.once("secureConnect", () => callback(null, socket)).once("error", (error) => callback(error, null))
  }
})

const server = createServer((incoming, response) => {
  const chunks: Array<Buffer> = []
  incoming.on("data", (chunk: Buffer) => chunks.push(chunk))
  incoming.on("end", async () => {
    const { certificate, domain } = JSON.parse(Buffer.concat(chunks).toString("utf8"))
    const der = Buffer.from(certificate.replace(/-----[A-Z ]+-----/g, ""), "base64")
    const sha256 = hash("sha256", der, "base64")
    const url = `https://${domain}/.well-known/posh/xmpp-server.json`
    const { body: document } = await request(url, { dispatcher, reset: true })
    const { fingerprints } = await document.json() as { fingerprints: Array<Record<string, string>> }
    const valid = fingerprints[0]?.["sha-256"] === sha256
    const body = JSON.stringify({ valid, verdict: valid ? "verified" : "mismatch", domain, sha256 })
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) }).end(body)
  })
})
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`listening on http://127.0.0.1:${port}\n`)
})
process.on("SIGTERM", () => process.exit(0))
