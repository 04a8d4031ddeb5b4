/**
 * Entries in Redis get the same checks under leadership, or after a stall, as at the first look-up: an entry that is
 * stale, or older than the question allows, leads to a request (POSH-CAC-33, POSH-CAC-22, POSH-CAC-32).
 */
import { assert, it } from "@effect/vitest"
import type { Answer } from "@posh/api"
import type { Association, Domain, ServiceKey } from "@posh/core"
import { encodeAssociation, makeKey } from "@posh/core/cache"
import { parseDocument } from "@posh/core/publish"
import { Behave, fingerprintsDocument, jwkSetDocument, makeOrigins, makeRedis, selfSigned } from "@posh/testing"
import { Effect, Redacted, Result } from "effect"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { makeSeal } from "../../src/redis/seal.ts"
import { started } from "../process/processes.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "posh-door-"))),
  (name) => Effect.promise(() => rm(name, { recursive: true }))
)
const secret = "a secret that is long enough for anybody"
const seals = { plain: makeSeal(undefined), sealed: makeSeal(Redacted.make([secret])) }
const day = 86_400_000
const paths = { rfc7711: "/.well-known/posh/xmpp-server.json", draft: "/.well-known/posh._xmpp-server._tcp.json" }

type Generation = keyof typeof paths
interface Row {
  readonly name: string
  readonly generation: Generation
  /** Age of the entry, milliseconds. */
  readonly ageMs: number
  readonly more?: object
  /** Why the entry is first seen under leadership. */
  readonly way: "stall" | "replay"
  readonly seal: keyof typeof seals
}

const rows: ReadonlyArray<Row> = [
  { name: "draft of last month, a stall", generation: "draft", ageMs: 30 * day, way: "stall", seal: "plain" },
  {
    name: "draft past its grace by an hour",
    generation: "draft",
    ageMs: 7 * day + day / 24,
    way: "stall",
    seal: "sealed"
  },
  { name: "draft of last month, put back", generation: "draft", ageMs: 30 * day, way: "replay", seal: "sealed" },
  {
    name: "RFC 7711, maxAge",
    generation: "rfc7711",
    ageMs: day / 24,
    more: { maxAge: 60 },
    way: "stall",
    seal: "plain"
  },
  {
    name: "RFC 7711, refresh",
    generation: "rfc7711",
    ageMs: day / 24,
    more: { refresh: true },
    way: "stall",
    seal: "plain"
  },
  {
    name: "RFC 7711, maxAge, put back",
    generation: "rfc7711",
    ageMs: day / 24,
    more: { maxAge: 60 },
    way: "replay",
    seal: "sealed"
  }
]

/** An entry that a replica with the default policy wrote so long ago. */
const writtenAgo = (generation: Generation, document: object, ageMs: number): Association => {
  const parsed = Result.getOrThrow(
    parseDocument(Buffer.from(JSON.stringify(document)), {
      generation,
      acceptInterim: false,
      referenced: false,
      now: Date.now()
    })
  )
  if (parsed._tag === "Reference") throw new Error("a reference is no material")
  const fetchedAt = Date.now() - ageMs
  const isDraft = generation === "draft"
  const url = `https://moved.example${paths[generation]}`
  return {
    domain: key(generation).domain,
    service: key(generation).service,
    generation,
    material: parsed.material,
    lints: [],
    hops: [{ url, status: 200, startedAt: fetchedAt, endedAt: fetchedAt + 10 }],
    delegation: "possession",
    delegatedDomain: key(generation).domain,
    lifetime: {
      fetchedAt,
      revalidateAt: fetchedAt + day,
      graceUntil: fetchedAt + (isDraft ? 7 * day : day),
      expiresAt: isDraft ? Date.now() + 60 * day : fetchedAt + day
    }
  }
}
const key = (generation: Generation) => makeKey("moved.example" as Domain, "xmpp-server" as ServiceKey, generation)

const ask = (port: number, question: object) =>
  Effect.promise(() =>
    fetch(`http://127.0.0.1:${port}/v1/verify`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(question)
    }).then((response) => response.json() as Promise<Answer>)
  )

it.live.each(rows)("$name", ({ ageMs, generation, more = {}, seal, way }) =>
  Effect.gen(function*() {
    const [old, renewed] = [yield* selfSigned(), yield* selfSigned()]
    const documents = {
      rfc7711: fingerprintsDocument([old], { expires: 86_400 }),
      draft: jwkSetDocument([old])
    }
    // The domain publishes another certificate now, or nothing.
    const origins = yield* makeOrigins()
    origins.setFallback((_host, path) =>
      generation === "rfc7711" && path === paths.rfc7711
        ? Behave.json(fingerprintsDocument([renewed], { expires: 86_400 }))
        : undefined
    )
    const redis = yield* makeRedis()
    const place = yield* folder
    const caFile = join(place, "ca.pem")
    yield* Effect.promise(() => writeFile(caFile, origins.caPem))
    const { port } = yield* started({
      POSH_REDIS_URL: redis.url,
      POSH_CONNECT_TO: origins.connectTo,
      POSH_EXTRA_CA_FILE: caFile,
      POSH_ALLOW_SPECIAL_USE_DOMAINS: "true",
      ...(seal === "sealed" ? { POSH_CACHE_SECRET: secret } : {})
    })
    const name = `posh:v1:association:{moved.example}:xmpp-server:${generation}`
    const value = seals[seal].seal(name, encodeAssociation(writtenAgo(generation, documents[generation], ageMs)))
    const put = redis.command("SET", name, value)
    const question = {
      domain: "moved.example",
      service: "xmpp-server",
      certificate: old.pem,
      generations: generation === "draft" ? "draft-only" : "rfc-only"
    }

    if (way === "stall") {
      // The first look-up times out, so the entry is first seen under leadership.
      yield* put
      yield* redis.command("CLIENT", "PAUSE", "95", "ALL")
      yield* Effect.forkChild(ask(port, { ...question, deadlineMs: 50 }))
      yield* Effect.sleep(60)
    } else {
      // An attacker who can write to Redis simulates another replica that asks and stores an entry.
      const flight = `posh:v1:flight:{moved.example}:xmpp-server:${generation}`
      yield* redis.command("SET", flight, "1", "PX", "1900")
      yield* Effect.forkChild(
        Effect.andThen(Effect.sleep(300), Effect.andThen(put, redis.command("DEL", flight)))
      )
    }
    const answer = yield* ask(port, { ...question, ...more })
    assert.isFalse(answer.valid, JSON.stringify(answer))
    assert.strictEqual(answer.code, generation === "draft" ? "NotPublished" : "CertificateMismatch")
    assert.isAbove(origins.countOf("moved.example"), 0, "the domain was asked")
  }), 120_000)
