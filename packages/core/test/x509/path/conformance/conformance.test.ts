/** The public cases of path validation, written anew (x509-limbo names them). */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { canonicalNames } from "../../../../src/presented/NameCheck.ts"
import { strictPkixPolicy } from "../../../../src/proof/pkix/leafFault.ts"
import { makePkixCheck } from "../../../../src/proof/pkix/PkixCheck.ts"
import { type Domain, parseDomain } from "../../../../src/question/Domain.ts"
import { registeredServices } from "../../../../src/question/Service.ts"
import { parseCertificate } from "../../../../src/x509/Certificate.ts"
import { findPath } from "../../../../src/x509/path/findPath.ts"
import { makeTrustAnchors } from "../../../../src/x509/path/TrustAnchors.ts"
import { assertHeld } from "../../../hostile/measure.ts"
import { type Case, type Cases, today } from "./case.ts"
import { constraintCases } from "./constraintCases.ts"
import { exceptions, online } from "./exceptions.ts"
import { extensionCases } from "./extensionCases.ts"
import { pathLengthCases } from "./pathLengths.ts"
import { webCases } from "./webCases.ts"

interface Row {
  readonly id: string
  readonly isValid: boolean
  /** What kind of name the public case asks for; `-` for none. IP addresses name no XMPP service. */
  readonly peer: "DNS" | "IP" | "-"
}

const rows = readFileSync(join(import.meta.dirname, "cases.tsv"), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line): Row => {
    const [id = "", expected, peer] = line.split("\t")
    return { id, isValid: expected === "valid", peer: peer === "DNS" || peer === "IP" ? peer : "-" }
  })

const cases: Cases = { ...pathLengthCases, ...extensionCases, ...constraintCases, ...webCases }

const exceptionOf = (id: string) => id.startsWith("online::") ? online : exceptions[id]

const pathIsValid = ({ anchors, intermediates = [], leaf, now = today, pathLength }: Case): boolean =>
  Result.isSuccess(findPath({
    leaf: leaf.der,
    intermediates: intermediates.map(({ der }) => der),
    anchors: makeTrustAnchors(anchors.map(({ der }) => der)),
    now: Date.parse(now),
    purpose: "1.3.6.1.5.5.7.3.1",
    pathLength
  }))

const domainOf = (peer: string): Domain => Result.getOrThrow(parseDomain(peer, { allowSpecialUse: true }))

const service = registeredServices.get("xmpp-server")!

/** RFC 5280 lets a CA's certificate be a leaf; the other cases are those of public CAs, where a deployment is strict. */
const policyOf = (id: string) =>
  id.startsWith("webpki::") ? strictPkixPolicy : { ...strictPkixPolicy, caLeaf: true, anyPurpose: true }

const namesAndPathAreValid = (
  id: string,
  { anchors, intermediates = [], leaf, now = today, peer = "example.com" }: Case
) => {
  const certificate = parseCertificate(leaf.der)
  if (Result.isFailure(certificate) || peer === "com") return false
  return makePkixCheck().check({
    leaf: certificate.success,
    names: () => canonicalNames(certificate.success.names),
    intermediates: intermediates.map(({ der }) => der),
    anchors: makeTrustAnchors(anchors.map(({ der }) => der)),
    now: Date.parse(now),
    service,
    source: domainOf(peer),
    policy: policyOf(id)
  })._tag === "Verified"
}

/** Where the public case asks for an IP address or for no name, the path alone. */
const isAccepted = ({ id, peer }: Row, one: Case): boolean =>
  pathIsValid(one) && (peer !== "DNS" || namesAndPathAreValid(id, one))

describe("POSH-PRF-01: public cases of path validation", () => {
  it.each(rows.filter(({ id }) => exceptionOf(id) === undefined))("$id", (row) => {
    const build = cases[row.id]
    assert(build !== undefined, "there is no such case")
    assert.strictEqual(isAccepted(row, build()), row.isValid)
  })

  it.each(rows.filter(({ id }) => exceptionOf(id) !== undefined))("exception: $id", (row) => {
    const build = cases[row.id]
    assert.strictEqual(build === undefined, exceptionOf(row.id)?.kind === "not built")
    if (build !== undefined) assert.notStrictEqual(isAccepted(row, build()), row.isValid, "no exception any more")
  })

  it("each case and each exception has a row", () => {
    const ids = new Set(rows.map(({ id }) => id))
    assert.deepStrictEqual([...Object.keys(cases), ...Object.keys(exceptions)].filter((id) => !ids.has(id)), [])
  })

  it("at least 0.95 of the comparable cases have the public outcome", () => {
    const kinds = rows.map(({ id }) => exceptionOf(id)?.kind)
    const isWrong = (kind: (typeof kinds)[number]) => kind === "stricter" || kind === "looser"
    const wrong = kinds.filter(isWrong).length
    const right = rows.filter(({ id }) => exceptionOf(id) === undefined && !id.startsWith("crl::")).length
    console.log(`${right} of ${right + wrong} comparable cases`)
    assert.isAtLeast(right / (right + wrong), 0.95)
  })

  it("POSH-SEC-13: no case takes 100 ms", () => {
    for (const build of Object.values(cases)) {
      const one = build()
      assertHeld(100, () => pathIsValid(one))
    }
  })
})
