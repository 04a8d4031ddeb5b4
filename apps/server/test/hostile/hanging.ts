/**
 * The ways in which a resolution can hang, each provoked for real.
 */
import { type BudgetLimits, defaultPolicy, Verifier } from "@posh/core"
import { type EgressOptions, HttpsFetcher, parseConnectTo } from "@posh/core/node"
import {
  Behave,
  type Behaviour,
  type HostOptions,
  makeDns,
  makeOrigins,
  makeRedis,
  unresponsiveListener
} from "@posh/testing"
import { Effect, Layer, Result, type Scope } from "effect"
import { createSocket } from "node:dgram"
import { readSettings } from "../../src/config/Config.ts"
import { toPolicy } from "../../src/config/policy.ts"
import { layerCache } from "../../src/redis/layerCache.ts"
import { Service } from "../service.ts"

export const hangingDomain = "hang.example"
export const path = "/.well-known/posh/xmpp-server.json"
const draftPath = "/.well-known/posh._xmpp-server._tcp.json"

/** What a service is started with. */
export interface Deployment {
  readonly egress?: Partial<EgressOptions>
  readonly budgets?: Partial<BudgetLimits>
  readonly env?: Readonly<Record<string, string>>
  /** What happens before the question is put. */
  readonly before?: Effect.Effect<unknown, never, Service | Scope.Scope>
}

export interface Way {
  readonly name: string
  /** What the answer says it was waiting for. */
  readonly code: "DeadlineExceeded" | "ResolverOverloaded" | "RateLimitedLocally"
  readonly prepare: Effect.Effect<Deployment, never, Scope.Scope>
  /** The domain that hangs; one for each label where it does not hang for ever. */
  readonly domain: (label: string) => string
}

/** A service that is deployed so. */
export const layerService = (deployment: Deployment) => Service.layer(layerVerifier(deployment))

const layerVerifier = ({ budgets, egress, env }: Deployment) => {
  const settings = Result.getOrThrow(readSettings({ POSH_ALLOW_SPECIAL_USE_DOMAINS: "true", ...env }))
  const policy = { ...toPolicy(settings), budgets: { ...defaultPolicy.budgets, ...budgets } }
  return Verifier.layerNoDeps(policy).pipe(
    Layer.provide([HttpsFetcher.layer({ userAgent: "posh-test", ...egress }), layerCache(settings, policy)])
  )
}

const domain = () => hangingDomain
const late = (name: string, prepare: Way["prepare"]): Way => ({ name, code: "DeadlineExceeded", prepare, domain })

const web = (
  host: HostOptions,
  more: Readonly<Record<string, HostOptions>> = {}
): Effect.Effect<Deployment, never, Scope.Scope> =>
  Effect.map(makeOrigins({ [hangingDomain]: host, ...more }), ({ caPem, connectTo }) => ({
    egress: { extraCa: caPem, connectTo: Result.getOrThrow(parseConnectTo(connectTo)) }
  }))
const page = (behaviour: Behaviour, more: Readonly<Record<string, Behaviour>> = {}) =>
  web({ routes: { [path]: behaviour, ...more } })

/** Text an octet at a time. */
const dribbled = (text: string): Behaviour => ({
  _tag: "Raw",
  steps: [...text].map((octet) => ({ afterMs: 30, octets: Buffer.from(octet) })),
  end: "close"
})

/** Hands questions on, each a second later. */
const slowDns = Effect.gen(function*() {
  const dns = yield* makeDns({})
  const socket = createSocket("udp4").on("message", (octets, { address, port }) => {
    setTimeout(() => {
      const back = createSocket("udp4").once("message", (answer) => {
        socket.send(answer, port, address)
        back.close()
      })
      back.send(octets, dns.port, dns.address)
    }, 1_000).unref()
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => void socket.bind(0, "127.0.0.1", () => resume(Effect.void))),
    () => Effect.callback<void>((resume) => void socket.close(() => resume(Effect.void)))
  )
  return `127.0.0.1:${socket.address().port}`
})

const asked = (domain: string, more = "") =>
  Service.use(({ ask }) => ask(`/v1/verify?domain=${domain}&service=xmpp-server&sha-256=${"00".repeat(32)}${more}`))

/** Any host, with this answer to everything. */
const crowdOf = (answer: (host: string, path: string) => Behaviour | undefined) =>
  Effect.map(makeOrigins(), ({ caPem, connectTo, setFallback }): Deployment => {
    setFallback(answer)
    return { egress: { extraCa: caPem, connectTo: Result.getOrThrow(parseConnectTo(connectTo)) } }
  })

/** Every host hangs; these budgets, and what goes before. */
const crowded = (budgets: Partial<BudgetLimits>, before: NonNullable<Deployment["before"]>) =>
  Effect.map(
    crowdOf((host) => /^gone\d/.test(host) ? undefined : Behave.hang),
    (deployment): Deployment => ({ ...deployment, budgets, before })
  )

/** Another question is under way, and stays so. */
const another = (domain: string, more?: string) =>
  Effect.andThen(Effect.forkScoped(asked(domain, `&deadlineMs=1000${more ?? ""}`)), Effect.sleep(100))

/** Another replica asks, and its web server is silent. This one would find no web server at all. */
const ledByAnother = Effect.gen(function*() {
  const { url } = yield* makeRedis()
  const env = { POSH_REDIS_URL: url, POSH_REDIS_TIMEOUT: "2s" } // who waits too short asks for itself
  const origins = yield* makeOrigins({ [hangingDomain]: { routes: { [path]: Behave.hang } } })
  const egress = { extraCa: origins.caPem, connectTo: Result.getOrThrow(parseConnectTo(origins.connectTo)) }
  const before = Effect.gen(function*() {
    const leader = yield* Effect.orDie(Layer.build(layerVerifier({ env, egress })))
    const leading = Verifier.use(({ report }) => report(hangingDomain, "xmpp-server", { deadlineMs: 1_000 }))
    yield* Effect.forkScoped(Effect.provide(leading, leader))
    yield* Effect.sleep(5).pipe(Effect.repeat({ until: () => origins.countOf(hangingDomain) > 0 }))
  })
  const dns = yield* makeDns({})
  return { env, egress: { dnsServers: [dns.server] }, before } satisfies Deployment
})

export const ways: ReadonlyArray<Way> = [
  late(
    "a name server that is silent",
    Effect.map(makeDns({ [hangingDomain]: { silent: true } }), ({ server }) => ({ egress: { dnsServers: [server] } }))
  ),
  late("a name server that is slow", Effect.map(slowDns, (server) => ({ egress: { dnsServers: [server] } }))),
  late(
    "a connection that nobody accepts",
    Effect.map(
      unresponsiveListener(),
      (port) => ({ egress: { connectTo: Result.getOrThrow(parseConnectTo(`:443=127.0.0.1:${port}`)) } })
    )
  ),
  late("a handshake", web({ tls: { _tag: "HangInHandshake" } })),
  late("an answer that does not come", page(Behave.hang)),
  late("a head that comes in drops", page(dribbled(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(1_000)}`))),
  late("a body that comes in drops", page(Behave.slowBody({ chunk: 1, everyMs: 30, total: 1_000 }))),
  {
    ...late(
      "redirects that take their time",
      crowdOf((_, at) => Behave.redirect(`/${at.length}${at}`, 302, { delayMs: 60 }))
    ),
    domain: (label) => `${label}.example`
  },
  late(
    "the second generation",
    page(Behave.json({}, { status: 404, delayMs: 120 }), { [draftPath]: Behave.hang })
  ),
  {
    name: "the queue of all requests",
    code: "ResolverOverloaded",
    domain,
    prepare: crowded({ inFlight: 1 }, another("other.example"))
  },
  {
    name: "the queue of its own requests",
    code: "RateLimitedLocally",
    domain,
    prepare: crowded({ perSourceConcurrent: 1 }, another(hangingDomain, "&generations=draft-only"))
  },
  {
    name: "the queue of its site",
    code: "RateLimitedLocally",
    domain,
    prepare: crowded({ perHostConcurrent: 1 }, another(`www.${hangingDomain}`))
  },
  {
    name: "the rate of its site",
    code: "RateLimitedLocally",
    domain,
    prepare: crowded(
      { perHostPerMinute: 6 },
      Effect.forEach(
        Array.from({ length: 6 }),
        (_, index) => asked(`gone${index}.${hangingDomain}`, "&generations=rfc-only")
      )
    )
  },
  late("the lead of another replica", ledByAnother),
  late(
    "a Redis that is silent",
    Effect.map(makeRedis(), ({ pause, url }) => ({
      env: { POSH_REDIS_URL: url, POSH_REDIS_TIMEOUT: "2s" },
      before: pause()
    }))
  )
]
