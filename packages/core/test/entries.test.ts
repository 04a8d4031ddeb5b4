/** The public names of each entry, so that none comes or goes by the way. */
import { assert, describe, it } from "@effect/vitest"
import { parseDomain } from "@posh/core/question"
import { Result } from "effect"
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { vi } from "vitest"

const root = join(import.meta.dirname, "..")
const read = (path: string) => readFileSync(join(root, path), "utf8")

interface Names {
  /** What exists when the program runs. */
  readonly values: string
  readonly types: string
}

const entries: Readonly<Record<string, Names>> = {
  ".": {
    values:
      `CertificateError CertificateFetcher FetchError Fetcher PolicyError Presented QuestionError ResolveError SecureResolver Verifier anchorFault defaultPolicy failures
      hashNames inEvaluationOrder lintSummaries makeTrustAnchors parseCertificate parseDomain`,
    types:
      `AnswerFacts Association AssociationOptions AssociationReport AttemptReport BudgetLimits CacheStatus Certificate
      ChainCheckMode DaneEvidence Delegation Descriptor DnsFacts Domain EndpointReport Evidence FailureCode FetchRequest FetchResponse Fingerprints Generation
      Generations HashName Hashes Hop Inquiry IssuerFetch JwkEntry JwkSet Lifetime Lint LintCode MatchedCandidate Material
      NameCheckMode NameMatches PkixEvidence Policy Prooftype Question QuestionCode RecordCheck RecordFault
      ServiceKey Severity SubResult TlsaRecord TlsaReport TlsaState TrustAnchors
      Verdict VerdictCode VerdictKind`
  },
  "./cache": {
    values: `AssociationStore Fleet LookupStore associationUnder comparePositions decodeAssociation decodeLookup
      decodeNegative encodeAssociation encodeLookup encodeNegative lookupEnd formatCursor layerMemory lookupUnder makeKey
      makeMemoryStore makeTieredStore makeTlsaKey negativeUnder nothingPending parseCursor usableUntil`,
    types:
      `CacheEntry CacheKey Changes EndpointLookup FarStore FleetShape Follow Inventory InventoryLookup InventoryQuery Lead
      LifetimePolicy LookupInventory LookupRead LookupStoreShape LookupWrite Mark MarkedEntry MemoryStoreOptions NearStore
      NegativeEntry PendingPurge Permit Position Purge ServiceLookup StoreKey`
  },
  "./node": {
    values:
      `EgressConfigError HttpCertificateFetcher HttpsFetcher ResolverConfigError ValidatingResolver addressFault cipherSuites mozillaRoots parseConnectTo
      parseNetworks parsePins parseProxy parseResolver readRoots scanPem systemRoots`,
    types: "ConnectTo ConnectToEntry EgressOptions PemBlock Pins Proxy ResolverEndpoint"
  },
  "./publish": {
    values: "DocumentError generateDocument lintDocument lintGenerations lintReport parseDocument readLeaves",
    types: `Document DocumentOptions Finding GenerateRequest GeneratedDocument Leaves LintRequest PublishedFingerprints
      PublishedJwkSet Reference`
  },
  "./question": {
    values: `QuestionError generationRules isCanonicalDomain isServiceName makeServiceRegistry parseDomain parseService
      parseServices registeredServices`,
    types:
      `Domain DomainFault DomainPolicy Generation Generations ServiceDescription ServiceEntry ServiceFault ServiceKey
      ServiceRegistry Transport`
  },
  "./serving": {
    values: `CallerBudget ResolutionObserver currentStage fetchCodes makeSteadyClock messageCharacters monotonicMsOf
      parseJson parsePresented printable spanned untraced`,
    types: "CallerBudgetShape FetchCode FetchPhase ResolutionObserverShape StageTracer"
  }
}

const manifest: { readonly exports: Readonly<Record<string, string>> } = JSON.parse(read("package.json"))

const sorted = (text: string): ReadonlyArray<string> => text.split(/\s+/).toSorted()

/** What a file exports by name. Fails where it says more than that, such as `export *`. */
const exportsOf = (path: string): Names => {
  const text = read(path).replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "")
  const named = /export (type )?(?:\{([^}]*)\}|\* as (\w+)) from "[^"]+"/g
  assert.strictEqual(text.replaceAll(named, "").trim(), "", `${path} lists names, and nothing else`)
  const found = [...text.matchAll(named)].flatMap(([, type = "", list, namespace = ""]) =>
    (list ?? namespace).split(",").map((name) => `${type}${name.trim()}`)
  )
  const isType = (name: string) => name.startsWith("type ")
  return {
    values: found.filter((name) => !isType(name)).join(" "),
    types: found.filter(isType).map((name) => name.slice("type ".length)).join(" ")
  }
}

describe("the entries of the package", () => {
  it("are these", () => {
    assert.deepStrictEqual(Object.keys(manifest.exports), [...Object.keys(entries), "./package.json"])
  })

  it.each(Object.entries(entries))("%s has its names and no other", async (entry, { types, values }) => {
    const found = exportsOf(manifest.exports[entry] ?? "")
    assert.deepStrictEqual(sorted(found.values), sorted(values))
    assert.deepStrictEqual(sorted(found.types), sorted(types))
    const module: object = await import(`@posh/core${entry.slice(1)}`)
    assert.deepStrictEqual(Object.keys(module).toSorted(), sorted(values))
  })
})

/** All files below an entry, itself included. */
const reached = (path: string, seen = new Set<string>()): ReadonlySet<string> => {
  if (seen.has(path)) return seen
  seen.add(path)
  for (const [, target = ""] of read(path).matchAll(/^(?:import|export) (?!type )[^"']*from "(\.[^"]+)"/gm)) {
    reached(join(dirname(path), target), seen)
  }
  return seen
}

describe("what a start loads", () => {
  it.each(Object.values(manifest.exports).filter((path) => path.endsWith(".ts")))(
    "%s: no library of certificates",
    (entry) => {
      const text = [...reached(entry.slice("./".length))].map(read).join("\n")
      assert.notMatch(text, /^import (?:(?!type )[^"\n]* from )?"(?:@peculiar\/x509|reflect-metadata)"/m)
    }
  )
})

describe("@posh/core/question", () => {
  it("imports nothing of Node.js", () => {
    const files = [...reached("src/question/index.ts")]
    assert.includeMembers(files, ["src/question/Domain.ts", "src/encoding/own.ts"])
    assert.deepStrictEqual(files.filter((path) => /from "node:/.test(read(path))), [])
  })

  it.each([
    ["a name", "chat.hosted.net", "chat.hosted.net"],
    ["U-labels", "Bücher.hosted.net", "xn--bcher-kva.hosted.net"],
    ["too many octets", `${"ü".repeat(600)}.net`, "the domain is too long (too-long)"]
  ])("reads %s where there is no Buffer", (_, raw, outcome) => {
    vi.stubGlobal("Buffer", undefined)
    const parsed = Result.mapError(parseDomain(raw, { allowSpecialUse: false }), ({ message }) => message)
    vi.unstubAllGlobals()
    assert.strictEqual(Result.merge(parsed), outcome)
  })
})
