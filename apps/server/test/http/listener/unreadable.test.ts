import { assert, describe, it } from "@effect/vitest"
import { Verifier } from "@posh/core"
import { registeredServices } from "@posh/core/question"
import { Effect, Layer } from "effect"
import { connect } from "node:net"
import { Service } from "../../service.ts"
import { prepare } from "../../service/inquiries.ts"

const verifier = Layer.mock(Verifier, {
  services: registeredServices,
  prepare,
  recall: () => undefined,
  readAhead: () => false
})

/** The response to octets that are no request. */
const exchange = (baseUrl: string, octets: string) =>
  Effect.callback<string>((resume) => {
    const socket = connect(Number(new URL(baseUrl).port), "127.0.0.1", () => socket.write(octets))
    let received = ""
    socket.on("data", (chunk) => received += chunk.toString())
    socket.on("close", () => resume(Effect.succeed(received)))
    socket.on("error", () => undefined)
  })

describe("malformed HTTP gets a problem", () => {
  it.layer(Service.layer(verifier), { excludeTestServices: true })((it) => {
    it.effect.each<readonly [name: string, octets: string, detail: RegExp, status?: number]>([
      ["a line of text", "hello\r\n\r\n", /not valid HTTP/],
      ["TLS", "\u0016\u0003\u0001\u0000\u0001\u0000", /not valid HTTP/],
      ["no Host", "GET /health/live HTTP/1.1\r\n\r\n", /./],
      ["a header without end", `GET / HTTP/1.1\r\nHost: x\r\nX: ${"a".repeat(20_000)}`, /larger than 16384/, 431],
      ["a negative length", "POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", /not valid HTTP/],
      [
        "two lengths",
        "POST /v1/verify HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        /not valid HTTP/
      ]
    ])("%s", ([, octets, detail, status = 400]) =>
      Effect.gen(function*() {
        const { baseUrl } = yield* Service
        const answer = yield* exchange(baseUrl, octets)
        assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `))
        assert.match(answer, detail)
      }))
  })
})
