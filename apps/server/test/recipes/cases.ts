/** One table for every recipe: whom it connects to, whom it asks, and what must come of it. */
import type { Behaviour } from "./hostile.ts"
import type { Trick } from "./peer.ts"
import type { PeerName } from "./world.ts"

export type Asked =
  | "deployed"
  | "down"
  | "foreign"
  | "otherName"
  | "publicly"
  /** Over plain HTTP, to a name that is not this machine. */
  | "plain"
  | { readonly behaviour: Behaviour }

export interface Case {
  readonly name: string
  /** Default `hosting`, for which its domain vouches. */
  readonly peer?: PeerName
  /** What is wrong with the peer beside its certificate. */
  readonly trick?: Trick
  /** Default the deployed service. */
  readonly asked?: Asked
  /** The newest version of TLS that the peer has. */
  readonly tls?: "TLSv1.2"
  readonly key?: "wrong"
  /** Default the domain of the world. */
  readonly domain?: string
  readonly service?: string
  /** The code of a no, or a part of what is said of a yes. */
  readonly says: RegExp
  readonly accepted?: true
  /** No service needs to be asked where the recipe does the ordinary check itself. */
  readonly ordinary?: true
  /** Time-out in seconds; default one that no case meets. */
  readonly seconds?: number
}

const answers = (behaviour: Behaviour, says: RegExp, more: Partial<Case> = {}): Case => ({
  name: `a service that ${behaviour}`,
  asked: { behaviour },
  says,
  ...more
})
const noAnswer = /^NoAnswer: /
const wrongAnswer = /^WrongAnswer: /

export const cases: ReadonlyArray<Case> = [
  { name: "the domain vouches for it", says: /vouches/, accepted: true },
  { name: "the domain vouches for it, self-signed", peer: "alone", says: /vouches/, accepted: true },
  { name: "the domain vouches for it, over TLS 1.2", tls: "TLSv1.2", says: /vouches/, accepted: true },
  { name: "it names the domain and leads to a root", peer: "named", says: /./, accepted: true, ordinary: true },
  answers("yes", /It is vouched for/, { name: "a service behind a prefix of its path", accepted: true }),

  { name: "the domain vouches for others", peer: "stranger", says: /^CertificateMismatch: / },
  { name: "it names the domain, self-signed", peer: "pretender", says: /^CertificateMismatch: / },
  { name: "it has expired", peer: "expired", says: /^PresentedCertificateExpired: / },
  { name: "it names the domain, but has expired", peer: "expiredNamed", says: /^PresentedCertificateExpired: / },
  { name: "another domain publishes nothing", domain: "nothing.example", says: /^[A-Z][A-Za-z]+: / },
  { name: "what is no domain", domain: "hosted_example", says: /^InvalidSourceDomain: / },
  { name: "a service that is not registered", service: "gopher", says: /^UnsupportedService: / },
  { name: "TLS never begins", trick: "silent", seconds: 2, says: /^PeerFailed: / },
  { name: "TLS begins and never ends", trick: "drips", seconds: 2, says: /^PeerFailed: / },
  { name: "its certificate is a copy, without the key", trick: "keyless", tls: "TLSv1.2", says: /^PeerFailed: / },

  { name: "nobody listens", asked: "down", says: noAnswer },
  { name: "a wrong key", key: "wrong", says: /^Unauthorized: / },
  { name: "a certificate of another CA", asked: "foreign", says: noAnswer },
  { name: "a certificate of another name", asked: "otherName", says: noAnswer },
  { name: "a certificate of a CA that is not the fleet's", asked: "publicly", says: noAnswer },
  { name: "plain HTTP beyond this machine", asked: "plain", says: /^NoAnswer: .*https/ },
  answers("hangs", noAnswer, { seconds: 2 }),
  answers("dripsHeaders", noAnswer, { seconds: 2 }),
  answers("dripsBody", noAnswer, { seconds: 2 }),
  answers("closes", noAnswer),

  ...(["created", "unauthorized", "serverError", "found", "permanentRedirect"] as const)
    .map((behaviour) => answers(behaviour, /^NoAnswer: .*(201|401|500|302|308)/)),
  answers("saysControlCharacters", /^Odd: \?\[2J\?x$/),
  ...(["html", "jsonish", "noType"] as const)
    .map((behaviour) => answers(behaviour, noAnswer)),
  ...(["garbage", "nothing", "justTrue", "list", "twoDocuments", "trailing", "cut"] as const)
    .map((behaviour) => answers(behaviour, wrongAnswer)),
  ...(["otherDomain", "otherService", "otherCertificate", "noCertificate", "certificateAsText"] as const)
    .map((behaviour) => answers(behaviour, wrongAnswer)),
  ...(["validAsText", "validAsNumber", "noValid", "validInCapitals", "otherVerdict"] as const)
    .map((behaviour) => answers(behaviour, wrongAnswer)),
  ...(["validTwice", "validTwiceWithEscape", "domainTwice", "sha256Twice", "certificateTwice"] as const)
    .map((behaviour) => answers(behaviour, wrongAnswer)),
  answers("endlessHeaders", noAnswer, { seconds: 2 }),
  answers("endlessBody", /^NoAnswer: .*too large/)
]
