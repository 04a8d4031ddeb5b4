/** Chains without their intermediates, which are fetched: what is asked, how often, and what comes of it. */
import { assert, describe, it } from "@effect/vitest"
import { type Forged, forgeKeys } from "@posh/testing"
import { Effect } from "effect"
import { issuerLimits } from "../../../src/Limits.ts"
import { recallBy, verifyBy } from "../../asking.ts"
import {
  caAt,
  type File,
  type Files,
  issueAt,
  makeFiles,
  octets,
  questionOf,
  root,
  said,
  tower,
  urlOf,
  withVerifier
} from "./world.ts"

const issuer = caAt("Issuer", root, [urlOf("root")])
const leaf = issueAt(issuer, [urlOf("issuer")])
interface Row {
  readonly name: string
  readonly leaf: Forged
  readonly presented?: ReadonlyArray<Forged>
  readonly files?: Readonly<Record<string, File>>
  readonly code: string
  readonly asked: ReadonlyArray<string>
}

const two = tower(2)
const five = tower(5)
const keys = forgeKeys()
const selfSigned = caAt("Issuer", undefined, [], { keys })

const rows: ReadonlyArray<Row> = [
  {
    name: "one is missing",
    leaf,
    files: { [urlOf("issuer")]: octets(issuer) },
    code: "Verified",
    asked: [urlOf("issuer")]
  },
  { name: "none is missing", leaf, presented: [issuer], code: "Verified", asked: [] },
  {
    name: "two are missing",
    leaf: two.leaf,
    files: two.files,
    code: "Verified",
    asked: [urlOf("ca-1"), urlOf("ca-2")]
  },
  {
    name: "the upper of two is missing",
    leaf: two.leaf,
    presented: two.cas.slice(0, 1),
    files: two.files,
    code: "Verified",
    asked: [urlOf("ca-2")]
  },
  {
    name: "more are missing than are fetched one above the other",
    leaf: five.leaf,
    files: five.files,
    code: "PathIncomplete",
    asked: [1, 2, 3, 4].map((level) => urlOf(`ca-${level}`))
  },
  { name: "the URL gives nothing", leaf, code: "PathIncomplete", asked: [urlOf("issuer")] },
  {
    name: "the URL gives the leaf itself",
    leaf,
    files: { [urlOf("issuer")]: octets(leaf) },
    code: "PathIncomplete",
    asked: [urlOf("issuer")]
  },
  {
    name: "the URL gives what is no certificate",
    leaf,
    files: { [urlOf("issuer")]: { octets: Buffer.from("<html>") } },
    code: "PathIncomplete",
    asked: [urlOf("issuer")]
  },
  {
    name: "the URL gives too many octets",
    leaf,
    files: { [urlOf("issuer")]: { octets: new Uint8Array(issuerLimits.octets + 1) } },
    code: "PathIncomplete",
    asked: [urlOf("issuer")]
  },
  {
    name: "a certificate that is fetched is no anchor, whatever it says of itself",
    leaf: issueAt(selfSigned, [urlOf("self")]),
    files: { [urlOf("self")]: octets(selfSigned) },
    code: "PkixPathInvalid",
    asked: [urlOf("self")]
  },
  {
    name: "a certificate that says that it is its own issuer's place",
    leaf,
    files: {
      [urlOf("issuer")]: octets(
        caAt("Issuer", caAt("Elsewhere", undefined, []), [urlOf("issuer")], { keys: issuer.keys })
      )
    },
    code: "PathIncomplete",
    asked: [urlOf("issuer")]
  },
  {
    name: "URLs that are not asked",
    leaf: issueAt(issuer, ["ldap:///CN=CA", "https://ca.example/", "http://127.0.0.1/", "http://ca.example:8080/"]),
    code: "PathIncomplete",
    asked: []
  },
  {
    name: "one such before one that is",
    leaf: issueAt(issuer, ["ldap:///CN=CA", urlOf("issuer")]),
    files: { [urlOf("issuer")]: octets(issuer) },
    code: "Verified",
    asked: [urlOf("issuer")]
  },
  {
    name: "one URL in several spellings",
    leaf: issueAt(issuer, [urlOf("issuer"), "HTTP://CA.example:80/issuer.cer", "http://ca.example/issuer.cer#1"]),
    code: "PathIncomplete",
    asked: [urlOf("issuer")]
  },
  {
    name: "POSH: a certificate that is refused anyway",
    leaf: issueAt(issuer, [urlOf("issuer")], { notAfter: "2026-02-01T00:00:00Z" }),
    code: "PresentedCertificateExpired",
    asked: []
  },
  {
    name: "a name that does not fit: the path is found, and does not help",
    leaf: issueAt(issuer, [urlOf("issuer")], { dns: ["other.example"] }),
    files: { [urlOf("issuer")]: octets(issuer) },
    code: "PkixNameMismatch",
    asked: [urlOf("issuer")]
  }
]

const ask = (files: Files, certificate: Forged, ...presented: ReadonlyArray<Forged>) =>
  withVerifier(files, (verifier) => verifyBy(verifier, questionOf(certificate, ...presented)))

describe("a chain that lacks certificates", () => {
  it.effect.each(rows)(
    "$name: $code",
    ({ asked, code, files, leaf: certificate, presented = [] }) =>
      Effect.gen(function*() {
        const web = makeFiles(files)
        const question = questionOf(certificate, ...presented)
        yield* withVerifier(web, (verifier) =>
          Effect.gen(function*() {
            const first = yield* verifyBy(verifier, question)
            assert.strictEqual(first.code, code)
            assert.deepStrictEqual(web.asked, asked)
            // A warm answer says the same, and asks nobody.
            const warm = recallBy(verifier, question)
            assert.isDefined(warm)
            assert.deepStrictEqual(said(warm), said(first))
            assert.deepStrictEqual(said(yield* verifyBy(verifier, question)), said(first))
            assert.deepStrictEqual(web.asked, asked)
          }))
      })
  )

  it.effect("one question reaches few URLs, however many are named, and so does the next", () =>
    Effect.gen(function*() {
      const urls = (from: string) => Array.from({ length: 30 }, (_, index) => urlOf(`${from}-${index}`))
      const chain = Array.from(
        { length: 9 },
        (_, index) => caAt(`CA ${index}`, caAt("Nobody", undefined, []), urls(`${index}`))
      )
      const web = makeFiles()
      yield* withVerifier(web, (verifier) =>
        Effect.gen(function*() {
          for (let time = 0; time < 3; time += 1) {
            yield* verifyBy(verifier, questionOf(issueAt(chain[0], urls("leaf")), ...chain))
          }
          assert.strictEqual(new Set(web.asked).size, web.asked.length)
          assert.isAtMost(web.asked.length, 3 * issuerLimits.urls)
        }))
    }))

  it.effect("a server that always names a further URL ends after some rounds", () =>
    Effect.gen(function*() {
      const web = makeFiles()
      // Each gives an issuer of the one before that has several URLs of its own.
      const grow = (subject: Forged, name: string, depth: number): void => {
        if (depth === 0) return
        const urls = [0, 1, 2].map((branch) => urlOf(`${name}${branch}`))
        for (const url of urls) web.set(url, octets(subject))
      }
      const nobody = caAt("Nobody", undefined, [])
      const cas: Array<Forged> = []
      for (let level = 9; level > 0; level -= 1) {
        cas.unshift(caAt(`CA ${level}`, cas[0] ?? nobody, [0, 1, 2].map((branch) => urlOf(`${level + 1}-${branch}`))))
      }
      cas.forEach((ca, index) => grow(ca, `${index + 1}-`, 1))
      const answer = yield* ask(web, issueAt(cas[0], [urlOf("1-0")]))
      assert.strictEqual(answer.code, "PathIncomplete")
      assert.isAtMost(web.asked.length, issuerLimits.urls)
      assert.isAtMost(answer.evidence.pkix?.fetches?.length ?? 0, issuerLimits.candidates)
    }))

  it.effect("nobody is asked where the deployment does not want it, and where PKIX is not asked for", () =>
    Effect.gen(function*() {
      const web = makeFiles({ [urlOf("issuer")]: octets(issuer) })
      const off = yield* withVerifier(web, (verifier) => verifyBy(verifier, questionOf(leaf)), {
        fetchIntermediates: false
      })
      assert.deepStrictEqual(said(off), { code: "PathIncomplete", outcomes: [] })
      const posh = yield* withVerifier(
        web,
        (verifier) => verifyBy(verifier, { ...questionOf(leaf), prooftypes: ["posh"] })
      )
      assert.strictEqual(posh.code, "NotPublished")
      assert.deepStrictEqual(web.asked, [])
    }))

  it.effect("beside POSH, what is fetched decides before the domain is asked", () =>
    Effect.gen(function*() {
      const web = makeFiles({ [urlOf("issuer")]: octets(issuer) })
      const answer = yield* withVerifier(
        web,
        (verifier) => verifyBy(verifier, { ...questionOf(leaf), prooftypes: ["pkix", "posh"] })
      )
      assert.deepInclude(answer, { valid: true, prooftype: "pkix" })
      assert.deepStrictEqual(answer.proofs?.map(({ code }) => code), ["Verified", "NotNeeded"])
    }))
})
