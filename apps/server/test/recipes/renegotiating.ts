/** A TLS server that negotiates anew within the connection, where a server may present another certificate. */
import type { Certificate } from "@posh/testing"
import { Deferred, Effect } from "effect"
import type { AddressInfo } from "node:net"
import { createServer } from "node:tls"

/** `outcome`: whether its client took part. It greets, and answers after that. */
export const makeRenegotiating = (certificate: Certificate) =>
  Effect.gen(function*() {
    const outcome = Deferred.makeUnsafe<"refused" | "renegotiated">()
    const end = (how: "refused" | "renegotiated") => void Deferred.doneUnsafe(outcome, Effect.succeed(how))
    const server = createServer({ cert: certificate.pem, key: certificate.keyPem, maxVersion: "TLSv1.2" }, (socket) => {
      socket.on("error", () => end("refused")).on("close", () => end("refused")).resume()
      socket.write("greeting")
      socket.renegotiate({}, (error) => {
        end(error === null ? "renegotiated" : "refused")
        socket.end("you said hello")
      })
    })
    yield* Effect.acquireRelease(
      Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
      () => Effect.sync(() => server.close())
    )
    return { port: (server.address() as AddressInfo).port, outcome: Deferred.await(outcome) }
  })
