/**
 * The questions of the demo, in the order of a story, with the expected answers.
 */
import type { Answer, Question } from "@posh/api"
import type { Certificate } from "@posh/testing"
import { type Certificates, domains } from "./world.ts"

export interface Scene {
  readonly title: string
  /** The situation of the question. */
  readonly setting: string
  readonly domain: string
  /** File of the certificate, for own questions. */
  readonly file: `${keyof Certificates}.pem`
  readonly certificate: Certificate
  /** Default: the service's, which is POSH alone. */
  readonly prooftypes?: ReadonlyArray<Prooftype>
  readonly expected: Expected
  /** The lesson of the answer. */
  readonly moral: string
}

type Prooftype = NonNullable<Question["prooftypes"]>[number]

/** The expected answer; `requests` counts both generations. */
export interface Expected extends Pick<Answer, "code" | "verdict"> {
  readonly cache?: Answer["cache"]
  readonly requests: number
  /** One for each proof type, if there are several. */
  readonly proofs?: ReadonlyArray<string>
}

const provider = `chat.${domains.provider}`
const all = ["pkix", "dane", "posh"] as const

export const makeScenes = (
  { chat, lighthouse, market, misissued, renewed, stranger }: Certificates
): ReadonlyArray<Scene> => [
  {
    title: "A hosted domain",
    setting:
      `Your chat server calls ${domains.hosted}. DNS leads it to ${provider}, and the certificate that it meets ` +
      `names ${provider} alone. Is that the right server?`,
    domain: domains.hosted,
    file: "chat.pem",
    certificate: chat,
    expected: { verdict: "verified", code: "Verified", cache: "miss", requests: 2 },
    moral: `${domains.hosted} itself said so, over HTTPS that ordinary certificate authorities vouch for. No private ` +
      "key had to move to the provider. Of the two lifetimes, the shorter counts."
  },
  {
    title: "The same question again",
    setting: "The next connection comes a moment later.",
    domain: domains.hosted,
    file: "chat.pem",
    certificate: chat,
    expected: { verdict: "verified", code: "Verified", cache: "memory", requests: 2 },
    moral: "Answered from memory: what the domain published is kept for as long as the documents allow. " +
      "The evidence still says when and where it was fetched."
  },
  {
    title: "The certificate of next month",
    setting: `The provider renews. Its new certificate was published before it was put into use.`,
    domain: domains.hosted,
    file: "renewed.pem",
    certificate: renewed,
    expected: { verdict: "verified", code: "Verified", cache: "memory", requests: 2 },
    moral: "Each published certificate counts, so a rollover needs no moment at which all caches are empty."
  },
  {
    title: "A stranger",
    setting: `Somebody in between presents a certificate of his own. It names ${domains.hosted} and ${provider}: ` +
      "anybody can write names into a certificate.",
    domain: domains.hosted,
    file: "stranger.pem",
    certificate: stranger,
    expected: { verdict: "mismatch", code: "CertificateMismatch", cache: "miss", requests: 2 },
    moral: "Refused. Before saying so the service fetched the documents anew, once, in case they had just changed."
  },
  {
    title: "The older generation",
    setting: `${domains.draft} is hosted at the same place, and published before RFC 7711 existed.`,
    domain: domains.draft,
    file: "chat.pem",
    certificate: chat,
    expected: { verdict: "verified", code: "Verified", cache: "miss", requests: 3 },
    moral: "RFC 7711 was asked first. The draft was asked only because the domain itself answered 404: no error and " +
      "no attacker in between can cause that step."
  },
  {
    title: "The right certificate, the wrong domain",
    setting: `The provider's server claims to be ${domains.own}, which runs its own.`,
    domain: domains.own,
    file: "chat.pem",
    certificate: chat,
    expected: { verdict: "mismatch", code: "CertificateMismatch", cache: "miss", requests: 1 },
    moral: "A provider speaks for those domains that point to it, and for no other."
  },
  {
    title: "Nothing published",
    setting: `The same server claims to be ${domains.silent}.`,
    domain: domains.silent,
    file: "chat.pem",
    certificate: chat,
    expected: { verdict: "no-material", code: "NotPublished", cache: "miss", requests: 2 },
    moral: "Not proven. The caller falls back to what it did before POSH: the names in the certificate."
  },
  {
    title: "Nobody could find out",
    setting: `Now it claims to be ${domains.troubled}.`,
    domain: domains.troubled,
    file: "chat.pem",
    certificate: chat,
    expected: { verdict: "indeterminate", code: "ServerError", cache: "miss", requests: 1 },
    moral:
      "Neither yes nor no, and never an acceptance: ask again later. Whoever can break a connection can cause this."
  },
  {
    title: "Only DNS vouches",
    setting:
      `${domains.signed} publishes no page, and its certificate is self-signed. Its TLSA records name it, and DNSSEC ` +
      "vouches for them. This question asks for all three proof types.",
    domain: domains.signed,
    file: "lighthouse.pem",
    certificate: lighthouse,
    prooftypes: all,
    expected: {
      verdict: "verified",
      code: "Verified",
      requests: 0,
      proofs: [
        "pkix certificate-invalid (PkixPathInvalid)",
        "dane verified (Verified)",
        "posh not-applicable (NotNeeded)"
      ]
    },
    moral:
      "DANE: one proof suffices. Here, a small server stands in for the resolver that validates DNSSEC; a deployment " +
      "names a real one."
  },
  {
    title: "Only an authority vouches",
    setting:
      `${domains.listed} publishes nothing anywhere. Its certificate is from an authority that the service trusts, and names it.`,
    domain: domains.listed,
    file: "market.pem",
    certificate: market,
    prooftypes: all,
    expected: {
      verdict: "verified",
      code: "Verified",
      requests: 0,
      proofs: [
        "pkix verified (Verified)",
        "dane not-applicable (NotApplicable)",
        "posh not-applicable (NotNeeded)"
      ]
    },
    moral: "PKIX: what every browser does. DNS was asked all the same, because records there could have said no."
  },
  {
    title: "DNS says no",
    setting:
      `Somebody talked that authority into a certificate for ${domains.guarded}. The domain's TLSA records name another one.`,
    domain: domains.guarded,
    file: "misissued.pem",
    certificate: misissued,
    prooftypes: all,
    expected: {
      verdict: "mismatch",
      code: "TlsaMismatch",
      requests: 0,
      proofs: [
        "pkix verified (Verified)",
        "dane mismatch (TlsaMismatch)",
        "posh not-applicable (NotNeeded)"
      ]
    },
    moral: "Refused, although PKIX accepts it: where a domain has TLSA records, they veto."
  }
]
