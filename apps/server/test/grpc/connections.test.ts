/**
 * What both listeners have together: the limit of connections, and that of answers that nobody reads.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { ClientHttp2Session } from "node:http2"
import { connect, type Socket } from "node:net"
import { until } from "../process/processes.ts"
import { Service } from "../service.ts"
import { layerAnswering } from "../service/inquiries.ts"
import { verified } from "../service/verdicts.ts"
import { headersOf, openSession, statusOf, verifyBody, verifyPath } from "./wire.ts"

const verifier = layerAnswering({ recall: () => verified, verify: () => Effect.succeed(verified) })

/** A connection that does nothing; `isOpen` as far as this side knows. */
const idle = (url: string | undefined) =>
  Effect.acquireRelease(
    Effect.callback<Socket>((resume) => {
      const { port } = new URL(url ?? "")
      const socket = connect(Number(port), "127.0.0.1", () => resume(Effect.succeed(socket)))
      socket.on("error", () => {}).resume()
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

describe("connections", () => {
  it.layer(Service.layer(verifier, { grpc: true, limits: { maxConnections: 8 } }), { excludeTestServices: true })(
    (it) => {
      it.effect("both ports share the limit, and that of a network", () =>
        Effect.gen(function*() {
          const { baseUrl, grpcUrl } = yield* Service
          const held = [...yield* Effect.forEach([1, 2, 3], () => idle(baseUrl))]
          held.push(...yield* Effect.forEach([1, 2, 3], () => idle(grpcUrl)))
          yield* Effect.sleep("100 millis")
          assert.isTrue(held.every(({ closed }) => !closed), "six of eight are for one network")
          for (const url of [baseUrl, grpcUrl]) {
            const over = yield* idle(url)
            yield* until(() => over.closed, 2_000)
          }
          held[0]?.destroy()
          // The service sees a while later that there is room.
          const status = yield* openSession().pipe(
            Effect.flatMap((session) => statusOf(session, headersOf(verifyPath), verifyBody())),
            Effect.scoped,
            Effect.repeat({ until: (status) => status === "0" }),
            Effect.timeout("10 seconds")
          )
          assert.strictEqual(status, "0")
        }), 20_000)
    }
  )
})

/** So many calls whose answers are not read: their flow control allows nothing. */
const leaveUnread = (session: ClientHttp2Session, count: number) =>
  Effect.sync(() => {
    for (let index = 0; index < count; index += 1) {
      const stream = session.request(headersOf(verifyPath)).on("error", () => {})
      stream.end(verifyBody("a.example", { explain: true }))
    }
  })

describe("unread answers", () => {
  it.layer(Service.layer(verifier, { grpc: true, limits: { unreadAnswers: 1024 * 1024 } }), {
    excludeTestServices: true
  })((it) => {
    it.effect(
      "of the whole service are limited: the connection with the most is closed, and no other",
      () =>
        Effect.gen(function*() {
          const unreading = { settings: { initialWindowSize: 0 } }
          const [few, many] = [yield* openSession(unreading), yield* openSession(unreading)]
          yield* leaveUnread(few, 20)
          yield* leaveUnread(many, 400)
          yield* until(() => many.closed, 5_000)
          yield* Effect.sleep("1500 millis")
          assert.isFalse(few.closed)
          const session = yield* openSession()
          assert.strictEqual(yield* statusOf(session, headersOf(verifyPath), verifyBody()), "0")
        }),
      20_000
    )
  })
})
