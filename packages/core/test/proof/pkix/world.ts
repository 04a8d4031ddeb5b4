/** CAs whose certificates name URLs, and a web of those URLs without a network. */
import { forge, type Forged, forgedExtension, type ForgeOptions, issuerAccess } from "@posh/testing"
import { Clock, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { CertificateFetcher } from "../../../src/fetch/certificates/CertificateFetcher.ts"
import { type FetchCode, FetchError, type FetchRequest } from "../../../src/fetch/Fetcher.ts"
import { defaultPolicy, type Policy } from "../../../src/Policy.ts"
import type { SecureResolver } from "../../../src/proof/dane/SecureResolver.ts"
import type { Verdict } from "../../../src/verdict/Verdict.ts"
import { Verifier } from "../../../src/Verifier.ts"
import { makeTrustAnchors } from "../../../src/x509/path/TrustAnchors.ts"
import { makeWeb } from "../../fakeFetcher.ts"

export const now = Date.UTC(2026, 5)
export const domain = "im.example"
export const urlOf = (name: string) => `http://ca.example/${name}.cer`

/** A certificate that says where its issuer's is. */
export const issueAt = (issuer: Forged | undefined, urls: ReadonlyArray<string>, options: ForgeOptions = {}): Forged =>
  forge(issuer, {
    dns: options.ca === true ? [] : [domain],
    ...options,
    more: urls.length === 0 ? [] : [forgedExtension("1.3.6.1.5.5.7.1.1", issuerAccess(urls))]
  })

export const caAt = (
  subject: string,
  issuer: Forged | undefined,
  urls: ReadonlyArray<string>,
  options: ForgeOptions = {}
) => issueAt(issuer, urls, { ca: true, subject, ...options })

export const root = forge(undefined, { ca: true, subject: "Root" })

export type File =
  | { readonly octets: Uint8Array; readonly afterMs?: number }
  | { readonly status: number }
  | { readonly fault: FetchCode }
  | { readonly never: true }

/** What each URL gives; what is not there answers 404. */
export const makeFiles = (files: Readonly<Record<string, File>> = {}) => {
  const pages = new Map(Object.entries(files))
  const asked: Array<string> = []
  const get = Effect.fnUntraced(function*({ bodyLimit, target }: FetchRequest) {
    asked.push(target.url)
    const startedAt = yield* Clock.currentTimeMillis
    const trace = { startedAt, endedAt: startedAt }
    const file = pages.get(target.url) ?? { status: 404 }
    if ("never" in file) return yield* Effect.never
    if ("fault" in file) return yield* new FetchError({ code: file.fault, trace })
    if ("status" in file) return { status: file.status, headers: [], body: new Uint8Array(), trace }
    if (file.afterMs !== undefined) yield* Effect.sleep(file.afterMs)
    const limit = bodyLimit({ status: 200, headers: [] }) ?? 0
    if (file.octets.length > limit) return yield* new FetchError({ code: "BodyTooLarge", trace })
    return { status: 200, headers: [], body: file.octets, trace }
  })
  return {
    asked,
    layer: Layer.succeed(CertificateFetcher, CertificateFetcher.of({ get })),
    set: (url: string, file: File) => void pages.set(url, file)
  }
}

export type Files = ReturnType<typeof makeFiles>

export const policy: Policy = {
  ...defaultPolicy,
  allowSpecialUse: true,
  fetchIntermediates: true,
  anchors: makeTrustAnchors([root.der])
}

/** Runs with a verifier in June 2026, whose domains publish nothing. */
export const withVerifier = <A, E>(
  files: Files,
  use: (verifier: Verifier["Service"]) => Effect.Effect<A, E>,
  changes: Partial<Policy> = {},
  others: Layer.Layer<never> | Layer.Layer<SecureResolver> = Layer.empty
) =>
  Effect.andThen(
    TestClock.setTime(now),
    Effect.provide(
      Effect.flatMap(Verifier, use),
      Verifier.layer({ ...policy, ...changes }).pipe(Layer.provide([makeWeb().layer, files.layer, others]))
    )
  )

export const pem = ({ der }: Forged) =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString("base64")}\n-----END CERTIFICATE-----\n`

export const questionOf = (leaf: Forged, ...issuers: ReadonlyArray<Forged>) => ({
  domain,
  service: "xmpp-server",
  chain: [leaf, ...issuers].map(pem),
  prooftypes: ["pkix"] as const
})

export const octets = ({ der }: Forged): File => ({ octets: der })

export const said = ({ code, evidence: { pkix } }: Verdict) => ({
  code,
  outcomes: (pkix?.fetches ?? []).map(({ outcome, url }) => `${outcome} ${url}`)
})

/** As many CAs above each other, the lowest first; each says where the next is. */
export const tower = (height: number) => {
  const cas: Array<Forged> = []
  for (let level = height; level > 0; level -= 1) {
    cas.unshift(caAt(`CA ${level}`, cas[0] ?? root, [urlOf(`ca-${level + 1}`)]))
  }
  const files = Object.fromEntries(cas.map((ca, index) => [urlOf(`ca-${index + 1}`), octets(ca)]))
  return { cas, files, leaf: issueAt(cas[0] ?? root, [urlOf("ca-1")]) }
}
