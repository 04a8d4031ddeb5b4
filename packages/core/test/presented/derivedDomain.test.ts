/**
 * A derived domain counts as a name only if DNSSEC secured it, and only if the question accepts names other than the
 * source domain (POSH-PRF-07, POSH-MAT-51).
 */
import { assert, describe, it } from "@effect/vitest"
import { fingerprintsDocument, selfSigned } from "@posh/testing"
import { Effect } from "effect"
import type { Question } from "../../src/question/Question.ts"
import { verify } from "../asking.ts"
import { makeWeb, verifierOver } from "../fakeFetcher.ts"

const rows: ReadonlyArray<readonly [named: string, options: Partial<Question>, code: string]> = [
  ["xmpp7.hosting.example", { nameCheck: "source-or-delegated" }, "NameCheckFailed"],
  [
    "xmpp7.hosting.example",
    { nameCheck: "source-or-delegated", derivedDomain: "xmpp7.hosting.example" },
    "NameCheckFailed"
  ],
  [
    "xmpp7.hosting.example",
    { nameCheck: "source-or-delegated", derivedDomain: "xmpp7.hosting.example", derivedDomainSecure: false },
    "NameCheckFailed"
  ],
  [
    "xmpp7.hosting.example",
    { nameCheck: "source-or-delegated", derivedDomain: "xmpp7.hosting.example", derivedDomainSecure: true },
    "Verified"
  ],
  [
    "xmpp7.hosting.example",
    { nameCheck: "source-or-delegated", derivedDomain: "xmpp8.hosting.example", derivedDomainSecure: true },
    "NameCheckFailed"
  ],
  [
    "xmpp7.hosting.example",
    { nameCheck: "source", derivedDomain: "xmpp7.hosting.example", derivedDomainSecure: true },
    "NameCheckFailed"
  ],
  ["xmpp7.hosting.example", { derivedDomain: "xmpp8.hosting.example" }, "Verified"],
  ["hosted.example", { nameCheck: "source", derivedDomain: "xmpp7.hosting.example" }, "Verified"]
]

describe("a certificate", () => {
  it.live.each(rows)("for %s, asked about with %o: %s", ([named, options, code]) =>
    Effect.gen(function*() {
      const certificate = yield* selfSigned({ dnsNames: [named] })
      const document = fingerprintsDocument([certificate], { expires: 3_600 })
      const web = makeWeb({ "https://hosted.example/.well-known/posh/xmpp-server.json": { json: document } })
      const verdict = yield* Effect.provide(
        verify({ domain: "hosted.example", service: "xmpp-server", certificate: certificate.pem, ...options }),
        verifierOver(web)
      )
      assert.strictEqual(verdict.code, code)
    }))
})
