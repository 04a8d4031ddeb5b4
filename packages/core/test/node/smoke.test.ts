import { it } from "@effect/vitest"
import { Behave, makeOrigins } from "@posh/testing"
import { Effect, Result } from "effect"
import { HttpsFetcher, parseConnectTo } from "../../src/node/index.ts"
import { get } from "./world.ts"

it.live("smoke", () =>
  Effect.gen(function*() {
    const origins = yield* makeOrigins({
      "im.example": {
        routes: { "/": Behave.json({ a: 1 }), "/i": Behave.interim({ b: 1 }), "/g": Behave.gzip({ c: 1 }) }
      },
      "bad.example": { tls: { _tag: "WrongName" } },
      "exp.example": { tls: { _tag: "Expired" } }
    })
    const layer = HttpsFetcher.layer({
      userAgent: "posh-test",
      extraCa: origins.caPem,
      connectTo: Result.getOrThrow(parseConnectTo(origins.connectTo))
    })
    yield* Effect.gen(function*() {
      for (
        const q of [{ host: "im.example" }, { host: "im.example", path: "/i" }, { host: "im.example", path: "/g" }, {
          host: "bad.example"
        }, { host: "exp.example" }]
      ) {
        const r = yield* Effect.exit(get(q))
        console.dir(r, { depth: 9 })
      }
    }).pipe(Effect.provide(layer))
    console.dir(origins.requests, { depth: 5 })
  }))
