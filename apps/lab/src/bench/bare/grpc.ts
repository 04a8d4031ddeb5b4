/**
 * The baseline of gRPC: a bare handler of the same library that decodes the same message, decodes and hashes the same certificate, looks
 * the domain up in a `Map`, and does nothing else. The file of digests comes from the environment: 32 octets for each domain.
 */
import { connectNodeAdapter } from "@connectrpc/connect-node"
import { VerificationService } from "@posh/api/grpc"
import { hash } from "node:crypto"
import { readFileSync } from "node:fs"
import { createServer } from "node:http2"
import type { AddressInfo } from "node:net"

const { DIGESTS: path = "" } = process.env
const digests = readFileSync(path)
const known = new Map<string, string>()
for (let at = 0; at < digests.length; at += 32) {
  known.set(`d${String(at / 32).padStart(7, "0")}.example`, digests.toString("base64", at, at + 32))
}

const server = createServer(connectNodeAdapter({
  routes: (router) =>
    router.service(VerificationService, {
      verify: ({ question }) => {
        const { domain = "", presented } = question ?? {}
        const pem = presented?.case === "certificate" ? presented.value : ""
        const sha256 = hash("sha256", Buffer.from(pem.replace(/-----[A-Z ]+-----/g, ""), "base64"), "base64")
        const valid = known.get(domain) === sha256
        return { answer: { valid, verdict: valid ? "verified" : "mismatch", domain } }
      }
    })
}))
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`listening on http://127.0.0.1:${port}\n`)
})
process.on("SIGTERM", () => process.exit(0))
