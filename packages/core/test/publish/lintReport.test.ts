import { assert, describe, it } from "@effect/vitest"
import { greenhouse } from "@posh/testing"
import { Result } from "effect"
import { parseDocument } from "../../src/proof/posh/Document.ts"
import { type Finding, lintHops, lintReport } from "../../src/publish/lint.ts"
import { parseDomain } from "../../src/question/Domain.ts"
import { parseService, registeredServices } from "../../src/question/Service.ts"
import type { AssociationReport } from "../../src/verdict/AssociationReport.ts"

const now = greenhouse.at.getTime()

const brief = (findings: ReadonlyArray<Finding>): ReadonlyArray<string> =>
  findings.map(({ code, path, severity }) => path === undefined ? `${severity} ${code}` : `${severity} ${code} ${path}`)

describe("lintHops (POSH-PUB-11)", () => {
  const hop = (status?: number) => ({
    url: "https://a.example/",
    startedAt: 0,
    endedAt: 0,
    ...(status === undefined ? {} : { status })
  })

  it("only permanent redirects", () => {
    const found = lintHops([302, 301, 307, 308, 303, 200, undefined].map(hop))
    assert.deepStrictEqual(brief(found), ["warning PermanentRedirect hops[1]", "warning PermanentRedirect hops[3]"])
  })
})

describe("lintReport", () => {
  const options = { allowSpecialUse: true }
  const domain = Result.getOrThrow(parseDomain(greenhouse.domain, options))
  const service = Result.getOrThrow(parseService(greenhouse.service, registeredServices)).key
  const hops = [{ url: "https://a.example/", status: 301, startedAt: now, endedAt: now }]
  const attempt = { generation: "rfc7711", hops, cache: "miss" } as const
  const common = { domain, service, message: "What happened.", cache: "miss", retryable: false, lints: [] } as const

  const failed = (state: AssociationReport["state"], code: AssociationReport["code"]): AssociationReport => ({
    ...common,
    state,
    code,
    attempts: [{ ...attempt, code }]
  })

  it.each(
    [
      ["unusable-material", "InvalidJson", "error"],
      ["no-material", "NotPublished", "info"],
      ["indeterminate", "ServerError", "warning"]
    ] as const
  )("%s", (state, code, severity) => {
    const findings = lintReport(failed(state, code), now)
    assert.deepStrictEqual(brief(findings), [`${severity} ${code}`, "warning PermanentRedirect hops[0]"])
    assert.strictEqual(findings[0]?.message, "What happened.")
  })

  it("material, its lints and its hops", () => {
    const text = JSON.stringify({
      fingerprints: [{ "sha-512": greenhouse.fingerprints.fingerprints[0]["sha-512"] }],
      expires: 86_400
    })
    const how = { generation: "rfc7711", acceptInterim: false, referenced: false, now } as const
    const published = Result.getOrThrow(parseDocument(new TextEncoder().encode(text), how))
    assert(published._tag === "PublishedFingerprints")
    const lints = [{ code: "RelativeLocation", severity: "info", message: "relative", path: "hops[0]" }] as const
    const findings = lintReport({
      ...common,
      state: "material",
      code: "Resolved",
      attempts: [{ ...attempt, code: "Resolved" }],
      lints,
      association: {
        domain,
        service,
        generation: "rfc7711",
        material: published.material,
        lints,
        hops,
        delegation: "redirect",
        delegatedDomain: domain,
        lifetime: { fetchedAt: now, revalidateAt: now, graceUntil: now, expiresAt: now }
      }
    }, now)
    assert.deepStrictEqual(brief(findings), [
      "warning PermanentRedirect hops[0]",
      "info RelativeLocation hops[0]",
      "error Sha256Missing fingerprints[0]"
    ])
  })
})
