/** A web server for all domains of the cold measurement, in a process of its own. All publish one document. */
import { readFileSync } from "node:fs"
import { createServer } from "node:https"
import type { AddressInfo } from "node:net"

const { CERT_FILE: cert = "", DOCUMENT: document = "", KEY_FILE: key = "" } = process.env

const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (_request, response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(document) })
  response.end(document)
})
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`listening on http://127.0.0.1:${port}\n`)
})
process.on("SIGTERM", () => process.exit(0))
