/**
 * The web servers of the world, in place of HTTPS: what is requested is answered after the latency of its host.
 */
import { Fetcher, FetchError, type FetchRequest, type FetchResponse } from "@posh/core"
import { Effect } from "effect"
import type { VirtualTime } from "../time/VirtualTime.ts"
import { hostOf, providerName } from "./names.ts"
import type { World } from "./World.ts"

export interface WebParts {
  readonly world: World
  readonly time: VirtualTime
  /** The document of all domains of the draft generation. */
  readonly draftDocument: unknown
  /** The host accepts no connection now. */
  readonly isDown: (host: string) => boolean
  /** A request was sent to a host. */
  readonly onRequest: (host: string) => void
}

export const rfcPath = "/.well-known/posh/xmpp-server.json"
export const draftPath = "/.well-known/posh._xmpp-server._tcp.json"
const providerPath = "/posh.json"

/** Milliseconds after which a host that accepts no connection is given up. */
const connectMs = 3_000

export const makeWeb = (parts: WebParts): Fetcher["Service"] => {
  const { isDown, onRequest, time, world } = parts
  const pages = makePages(parts)
  const get = ({ target }: FetchRequest) =>
    Effect.callback<FetchResponse, FetchError>((resume) => {
      const { host, path } = target
      onRequest(host)
      const startedAt = Math.floor(time.now())
      const fails = isDown(host)
      const timer = time.at(time.now() + (fails ? connectMs : world.latencyOf(host)), () => {
        const trace = { address: "192.0.2.1", startedAt, endedAt: Math.floor(time.now()) }
        if (fails) return resume(Effect.fail(new FetchError({ code: "ConnectTimeout", trace })))
        const page = pages(host, path)
        resume(Effect.succeed(
          page === undefined
            ? { status: 404, headers: [], body: nothing, trace }
            : { status: 200, headers: json, body: page, trace }
        ))
      })
      return Effect.sync(() => {
        timer.cancelled = true
      })
    })
  return Fetcher.of({ get, find: (request) => Effect.succeed(get(request)) })
}

/** What is published at a host's path now; `undefined` if nothing is. */
const makePages = ({ draftDocument, time, world }: WebParts) => {
  const draft = toOctets(draftDocument)
  const ofDomain = (domain: number, path: string): Uint8Array | undefined => {
    const kind = world.kindOf(domain)
    if (path === draftPath) return kind === "draft" ? draft : undefined
    if (path !== rfcPath) return undefined
    const expires = world.lifetimeOf(domain)
    if (kind === "hosted") {
      return toOctets({ url: `https://${providerName(world.providerOf(domain))}${providerPath}?${domain}`, expires })
    }
    if (kind === "mistaken") return fingerprints("A".repeat(43) + "=", expires)
    return kind === "own" ? fingerprints(world.certificateAt(domain, time.now()), expires) : undefined
  }
  return (name: string, path: string): Uint8Array | undefined => {
    const host = hostOf(name)
    if (host._tag === "Domain") return ofDomain(host.domain, path)
    // The query names a domain, whose certificate is that of the provider.
    const [, domain] = path.split("?")
    return fingerprints(world.certificateAt(Number(domain), time.now()), world.lifetimeOf(Number(domain)))
  }
}

const fingerprints = (sha256: string, expires: number): Uint8Array =>
  toOctets({ fingerprints: [{ "sha-256": sha256 }], expires })

const toOctets = (document: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(document))

const nothing = new Uint8Array()
const json = [["content-type", "application/json"]] as const
