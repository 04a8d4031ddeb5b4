/**
 * Redis takes no announcement of a purge, and the replicas run as processes: no replica verifies what was purged, and the
 * answer to the purge says what is pending.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Answer, Ready } from "@posh/api"
import { Behave, fingerprintsDocument, makeOrigins, makeRedis, selfSigned } from "@posh/testing"
import { Effect } from "effect"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { started } from "../process/processes.ts"
import { rulesFor } from "./acl.ts"

const domain = "moved.example"
const path = "/.well-known/posh/xmpp-server.json"

const makeFleet = Effect.fnUntraced(function*(missing: string) {
  const rules = `${rulesFor("secret").join(" ")} ${missing}`
  const redis = yield* makeRedis({ users: ["default off", `posh ${rules}`] })
  const [old, renewed] = [yield* selfSigned(), yield* selfSigned()]
  const publish = (certificate: typeof old) => Behave.json(fingerprintsDocument([certificate], { expires: 86_400 }))
  const origins = yield* makeOrigins({ [domain]: { routes: { [path]: publish(old) } } })
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "posh-purge-"))),
    (name) => Effect.promise(() => rm(name, { recursive: true }))
  )
  yield* Effect.promise(() => writeFile(join(folder, "ca.pem"), origins.caPem))
  const replica = started({
    POSH_REDIS_URL: `redis://posh:secret@127.0.0.1:${redis.port}`,
    POSH_REDIS_TIMEOUT: "1s",
    POSH_LOG_FORMAT: "json",
    POSH_CONNECT_TO: origins.connectTo,
    POSH_EXTRA_CA_FILE: join(folder, "ca.pem"),
    POSH_ALLOW_SPECIAL_USE_DOMAINS: "true"
  })
  const replicas = [yield* replica, yield* replica]
  const [a = "", b = ""] = replicas.map(({ port }) => `http://127.0.0.1:${port}`)
  const ask = (url: string) =>
    Effect.promise(() =>
      fetch(`${url}/v1/verify`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ domain, service: "xmpp-server", certificate: old.pem })
      }).then((response) => response.json() as Promise<Answer>)
    )
  const purge = (url: string) =>
    Effect.promise(() => fetch(`${url}/v1/associations/${domain}/xmpp-server`, { method: "DELETE" }))
  const readiness = (url: string) =>
    Effect.promise(() => fetch(`${url}/health/ready`).then((response) => response.json() as Promise<Ready>))
  return { a, b, ask, purge, readiness, replicas, renew: () => origins.setRoute(domain, path, publish(renewed)) }
})

describe("a fleet whose user in Redis lacks a permission from the start", () => {
  const rows: ReadonlyArray<readonly [missing: string, status: number, pending: object | undefined, said: string]> = [
    ["-publish", 202, { pending: ["announcement"] }, "PUBLISH"],
    ["-subscribe", 204, undefined, "refused SUBSCRIBE (NOPERM: no permission for the command)"],
    ["resetchannels", 202, { pending: ["announcement"] }, "refused SUBSCRIBE (NOPERM: no permission for the channel)"]
  ]
  it.live.each(rows)("%s", ([missing, status, pending, said]) =>
    Effect.gen(function*() {
      const { a, ask, b, purge, readiness, renew, replicas } = yield* makeFleet(missing)
      for (const url of [a, b]) assert.strictEqual((yield* ask(url)).verdict, "verified")
      renew()
      const answer = yield* purge(a)
      assert.strictEqual(answer.status, status)
      if (pending !== undefined) assert.deepStrictEqual(yield* Effect.promise(() => answer.json()), pending)
      for (const url of [b, a, b]) assert.strictEqual((yield* ask(url)).code, "CertificateMismatch", url)
      for (const [index, url] of [a, b].entries()) {
        assert.strictEqual((yield* readiness(url)).status, "degraded")
        assert.include(replicas[index]?.output.stdout ?? "", said)
      }
    }), 120_000)
})
