/**
 * A web of documents without a network: for tests of what happens between requests. End to end, the same questions go
 * over real sockets (see `world.test.ts`).
 */
import { Clock, Effect, Layer } from "effect"
import { layerMemory } from "../src/cache/store/MemoryStore.ts"
import { type FetchCode, Fetcher, FetchError, type FetchRequest } from "../src/fetch/Fetcher.ts"
import { defaultPolicy, type Policy } from "../src/Policy.ts"
import { Resolver } from "../src/proof/posh/Resolver.ts"
import { Verifier } from "../src/Verifier.ts"

export type Page =
  | { readonly json: unknown; readonly headers?: ReadonlyArray<readonly [string, string]> }
  | {
    readonly status: number
    readonly headers?: ReadonlyArray<readonly [string, string]>
    /** Milliseconds that the answer takes; none otherwise. */
    readonly afterMs?: number
  }
  | { readonly fault: FetchCode }
  | { readonly never: true }
  | { readonly defect: string }

/** Every answer takes so many milliseconds; it is as the page was when it was asked for. */
export const makeWeb = (pages: Record<string, Page> = {}, delayMs = 0) => {
  const asked: Array<string> = []
  const web = new Map(Object.entries(pages))
  const get = Effect.fnUntraced(function*({ target }: FetchRequest) {
    asked.push(target.url)
    const startedAt = yield* Clock.currentTimeMillis
    const page = web.get(target.url) ?? { status: 404 }
    const trace = { address: "192.0.2.1", tlsLeafSha256: "", startedAt, endedAt: startedAt + delayMs }
    if (delayMs > 0) yield* Effect.sleep(delayMs)
    if ("never" in page) return yield* Effect.never
    if ("defect" in page) return yield* Effect.die(page.defect)
    if ("fault" in page) return yield* new FetchError({ code: page.fault, trace })
    const headers = page.headers ?? []
    if ("status" in page) {
      if (page.afterMs !== undefined) yield* Effect.sleep(page.afterMs)
      return { status: page.status, headers, body: new Uint8Array(), trace }
    }
    const body = new TextEncoder().encode(JSON.stringify(page.json))
    return { status: 200, headers: [["content-type", "application/json"] as const, ...headers], body, trace }
  })
  /** As the network does: what no address is known of fails before anybody is asked. */
  const find = (request: FetchRequest) => {
    const page = web.get(request.target.url)
    const isAbsent = page !== undefined && "fault" in page && noAddress.has(page.fault)
    return isAbsent ? Effect.andThen(get(request), Effect.never) : Effect.succeed(get(request))
  }
  const layer = Layer.succeed(Fetcher, Fetcher.of({ find, get }))
  return { asked, layer, set: (url: string, page: Page) => void web.set(url, page) }
}

const noAddress: ReadonlySet<FetchCode> = new Set(["DnsNameNotFound", "DnsTemporaryFailure", "BlockedAddress"])

export const testPolicy: Policy = { ...defaultPolicy, allowSpecialUse: true, trustDraftExamples: true }

export const resolverOver = (web: ReturnType<typeof makeWeb>, policy: Policy = testPolicy) =>
  Resolver.layerNoDeps(policy).pipe(
    Layer.provide([web.layer, layerMemory({ entries: policy.cacheEntries, octets: policy.cacheOctets })])
  )

export const verifierOver = (web: ReturnType<typeof makeWeb>, policy: Policy = testPolicy) =>
  Verifier.layer(policy).pipe(Layer.provide(web.layer))
