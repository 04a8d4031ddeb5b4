/**
 * Connections that send what asks nothing: frame by frame, faster than any client, or too slowly.
 */
import { assert, describe, it } from "@effect/vitest"
import { VerificationService } from "@posh/api/grpc"
import { Effect } from "effect"
import { fleetKeys } from "../access/world.ts"
import { until } from "../process/processes.ts"
import { Service } from "../service.ts"
import { layerAnswering } from "../service/inquiries.ts"
import { verified } from "../service/verdicts.ts"
import { openClient } from "./client.ts"
import { block, flags, flood, frame, openRaw, u32, verifyBlock } from "./frames.ts"
import { question } from "./wire.ts"

const verifier = layerAnswering({ recall: () => verified, verify: () => Effect.succeed(verified) })

const times = (count: number, make: (index: number) => Buffer) =>
  Buffer.concat(Array.from({ length: count }, (_, index) => make(index)))

/** As many streams in each turn, each new. */
const streams = (count: number, make: (id: number) => Buffer) => (turn: number) =>
  times(count, (index) => make(((turn - 1) * count + index) * 2 + 1))

const opened = (id: number, flag = 0) => frame("headers", id, verifyBlock, flags.endHeaders | flag)
const ping = frame("ping", 0, Buffer.alloc(8))

/** The service still answers others. */
const isAlive = Effect.gen(function*() {
  const { call } = yield* openClient((yield* Service).grpcUrl)
  const { answer } = yield* call(VerificationService.method.verify, { question: question() })
  assert.isTrue(answer?.valid)
})

describe.concurrent("a connection is closed", () => {
  it.layer(Service.layer(verifier, { grpc: true }), { excludeTestServices: true })((it) => {
    const rows: ReadonlyArray<readonly [string, (turn: number) => Buffer]> = [
      ["1,000 PINGs at once", () => times(1_000, () => ping)],
      ["PINGs without end, a few at a time", () => times(100, () => ping)],
      ["answers to PINGs that nobody sent", () => times(100, () => frame("ping", 0, Buffer.alloc(8), flags.ack))],
      ["1,000 SETTINGS at once", () => times(1_000, () => frame("settings"))],
      ["SETTINGS without end, a few at a time", () => times(100, () => frame("settings"))],
      [
        "a header that never ends",
        (turn) => turn === 1 ? frame("headers", 1, verifyBlock) : times(100, () => frame("continuation", 1))
      ],
      ["updates of the window without end", () => times(1_000, () => frame("windowUpdate", 0, u32(1)))],
      [
        "updates of the window of a stream",
        (turn) => turn === 1 ? opened(1) : times(1_000, () => frame("windowUpdate", 1, u32(1)))
      ],
      ["a window that overflows", () => times(2, () => frame("windowUpdate", 0, u32(0x7fff_ffff)))],
      [
        "windows of streams that overflow",
        streams(500, (id) => Buffer.concat([opened(id), frame("windowUpdate", id, u32(0x7fff_ffff))]))
      ],
      ["an update by nothing", () => frame("windowUpdate", 0, u32(0))],
      ["priorities", () => times(1_000, () => frame("priority", 1, Buffer.alloc(5)))],
      ["frames of an unknown kind", () => times(1_000, () => frame("unknown", 0, Buffer.alloc(8)))],
      ["data that is empty", (turn) => turn === 1 ? opened(1) : times(1_000, () => frame("data", 1))],
      [
        "data for a stream that is closed",
        (turn) => turn === 1 ? opened(1, flags.endStream) : times(100, () => frame("data", 1, Buffer.alloc(1)))
      ],
      ["streams that are reset at once", streams(500, (id) => Buffer.concat([opened(id), frame("reset", id, u32(8))]))],
      ["streams beyond the limit", streams(500, (id) => opened(id))],
      [
        "streams without a path",
        streams(500, (id) => frame("headers", id, block({ ":method": "POST" }), flags.endHeaders | flags.endStream))
      ],
      ["goodbyes", () => times(1_000, () => frame("goaway", 0, Buffer.alloc(8)))]
    ]
    it.effect.each(rows)("%s", ([, portion]) =>
      Effect.gen(function*() {
        const socket = yield* openRaw()
        yield* Effect.timeout(flood(socket, portion, Number.POSITIVE_INFINITY), "10 seconds")
        yield* isAlive
      }), 20_000)

    it.effect.each([["PINGs", ping], ["SETTINGS", frame("settings")]] as const)(
      "%s whose answers are not read",
      ([, sent]) =>
        Effect.gen(function*() {
          const socket = yield* openRaw({ reads: false })
          yield* Effect.timeout(flood(socket, () => times(1_000, () => sent), Number.POSITIVE_INFINITY), "10 seconds")
          yield* isAlive
        }),
      20_000
    )

    it.effect("that says no hello within ten seconds; one that says it is not", () =>
      Effect.gen(function*() {
        const [silent, polite] = [yield* openRaw({ hello: false }), yield* openRaw()]
        yield* until(() => silent.destroyed, 15_000)
        assert.isFalse(polite.destroyed)
      }), 20_000)
  })

  it.layer(Service.layer(verifier, { grpc: true, tls: fleetKeys.serverTls }), { excludeTestServices: true })((it) => {
    it.effect("PINGs without end over TLS", () =>
      Effect.gen(function*() {
        const socket = yield* openRaw()
        yield* Effect.timeout(flood(socket, () => times(100, () => ping), Number.POSITIVE_INFINITY), "10 seconds")
      }), 20_000)
  })

  it.layer(Service.layer(verifier, { grpc: true, limits: { keepAlive: 1_000 } }), { excludeTestServices: true })(
    (it) => {
      it.effect.each(
        [
          ["that asks nothing", Buffer.alloc(0)],
          ["whose header does not end", frame("headers", 1, verifyBlock)]
        ] as const
      )("%s, after the time of idle connections", ([, sent]) =>
        Effect.gen(function*() {
          const socket = yield* openRaw()
          socket.write(sent)
          yield* until(() => socket.destroyed, 12_000)
        }), 15_000)
    }
  )
})
