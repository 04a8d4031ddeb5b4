/**
 * Requests that arrive during the drain are authenticated.
 */
import { assert, it } from "@effect/vitest"
import { Verifier } from "@posh/core"
import { registeredServices } from "@posh/core/question"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Scope } from "effect"
import { once } from "node:events"
import { connect } from "node:net"
import { jsonBody, Service } from "../service.ts"
import { prepare } from "../service/inquiries.ts"
import { verified } from "../service/verdicts.ts"
import { fleetKeys } from "./world.ts"

const { bearer, callers } = fleetKeys

const post = (headers: Readonly<Record<string, string>>): string => {
  const body = jsonBody({ domain: "slow.example", service: "xmpp-server", certificate: "MAA=" }).body as string
  const lines = Object.entries({ host: "x", "content-type": "application/json", ...headers })
  return `POST /v1/verify HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}` +
    `content-length: ${body.length}\r\n\r\n${body}`
}

it.live("the gate outlives every connection", () =>
  Effect.gen(function*() {
    const asked = yield* Deferred.make<void>()
    const answer = yield* Deferred.make<typeof verified>()
    const slow = Layer.mock(Verifier, {
      services: registeredServices,
      prepare,
      recall: () => undefined,
      readAhead: () => false,
      verify: () => Effect.andThen(Deferred.succeed(asked, undefined), Deferred.await(answer))
    })
    const scope = yield* Scope.make()
    const service = Context.get(yield* Layer.buildWithScope(Service.layer(slow, { callers }), scope), Service)

    const socket = connect(Number(new URL(service.baseUrl).port), "127.0.0.1").setNoDelay(true)
    let received = ""
    socket.on("data", (chunk) => received += chunk.toString())
    socket.write(post(bearer("verify")))
    yield* Deferred.await(asked)

    const stopping = yield* Effect.forkChild(Scope.close(scope, Exit.void))
    yield* Effect.sleep(200)
    socket.write(post({})) // without a key, behind the request in progress
    socket.write(post(bearer("verify")))
    yield* Effect.sleep(200)
    yield* Deferred.succeed(answer, verified)
    yield* Effect.promise(() => once(socket, "close"))
    yield* Fiber.join(stopping)
    assert.deepStrictEqual([...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status), [
      "200",
      "401",
      "200"
    ])
  }))
