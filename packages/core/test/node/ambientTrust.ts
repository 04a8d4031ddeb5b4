/**
 * Runs as a separate process, because Node.js reads `NODE_EXTRA_CA_CERTS` once. Requests `im.example` at the given port
 * by plain `node:tls` and by the fetcher, and prints both outcomes.
 */
import { Console, Effect } from "effect"
import { connect } from "node:tls"
import { HttpsFetcher } from "../../src/node/index.ts"
import { connectTo, outcome } from "./world.ts"

const host = "im.example"
const port = Number(process.argv[2])

const plain = Effect.callback<string>((resume) => {
  const socket = connect({ host: "127.0.0.1", port, servername: host })
  const end = (text: string) => {
    socket.destroy()
    resume(Effect.succeed(text))
  }
  socket.on("secureConnect", () => end("trusted")).on("error", () => end("refused"))
})

const fetcher = HttpsFetcher.layer({ userAgent: "posh-test", connectTo: connectTo(`:=127.0.0.1:${port}`) })

await Effect.runPromise(
  Effect.all([plain, Effect.provide(outcome({ host }), fetcher)]).pipe(
    Effect.flatMap((outcomes) => Console.log(outcomes.join(" ")))
  )
)
