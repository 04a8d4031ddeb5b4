/**
 * A generator of load over gRPC, as a program: each call begins after the answer to the last one. Speaks HTTP/2 itself, so that its own
 * cost is small. Takes options as JSON, and prints its result as one line of JSON.
 */
import { connect } from "node:http2"
import { Latencies } from "./Latencies.ts"
import type { LoadOptions, LoadResult } from "./Load.ts"
import { makeChoice, makeRandom } from "./random.ts"
import { readRequests } from "./requests.ts"

/** `connections`: calls at once, over four connections. */
const generate = async (options: LoadOptions): Promise<LoadResult> => {
  const choose = makeChoice(readRequests(options.requests), options, makeRandom(options.seed))
  const latencies = new Latencies()
  const sessions = Array.from({ length: 4 }, () => connect(`http://127.0.0.1:${options.port}`))
  const started = performance.now()
  const end = started + options.seconds * 1_000
  let wrong = 0
  const call = (session: ReturnType<typeof connect>) =>
    new Promise<void>((resolve) => {
      const next = () => {
        const sentAt = performance.now()
        const chunks: Array<Buffer> = []
        let status: unknown
        const stream = session.request({
          ":method": "POST",
          ":path": "/posh.v1.VerificationService/Verify",
          "content-type": "application/grpc",
          te: "trailers"
        })
        stream.on("data", (chunk: Buffer) => chunks.push(chunk))
        stream.on("trailers", (trailers) => status = trailers["grpc-status"])
        stream.on("error", () => {})
        stream.on("close", () => {
          const now = performance.now()
          latencies.add(now - sentAt)
          if (status !== "0" || !Buffer.concat(chunks).includes(options.expect)) wrong += 1
          if (now < end) next()
          else resolve()
        })
        stream.end(choose())
      }
      next()
    })
  await Promise.all(Array.from({ length: options.connections }, (_, index) => call(sessions[index % 4]!)))
  for (const session of sessions) session.close()
  return { ...latencies.result(), wrong, seconds: (performance.now() - started) / 1_000 }
}

console.log(JSON.stringify(await generate(JSON.parse(process.argv[2] ?? ""))))
