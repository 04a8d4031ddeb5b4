/** What origins send so that remembering it costs memory: each kind is asked about under ever new names. */
import { base64, type Certificate, fingerprintsDocument, jwkSetDocument } from "@posh/testing"
import { randomBytes } from "node:crypto"
import type { FetchCode } from "../../src/fetch/Fetcher.ts"
import type { Generations } from "../../src/question/Generation.ts"
import { extension, forge } from "../forged.ts"
import { oid } from "../x509/chain/der.ts"

export interface Answered {
  readonly status?: number
  readonly headers?: ReadonlyArray<readonly [string, string]>
  readonly body?: string
  /** A request that ended without an answer. */
  readonly fault?: FetchCode
}

export interface Kind {
  readonly name: string
  readonly generations?: Generations
  /** Names that are asked about. */
  readonly count: number
  /** What comes of it: a code of a resolution. */
  readonly code: string
  readonly answer: (url: URL) => Answered
  /** Bytes that an entry may take, where that is promised. */
  readonly most?: number
}

/** Large documents take their time. */
const few = 40
const many = 2_000

export const makeKinds = (leaf: Certificate): ReadonlyArray<Kind> => {
  const jwk = jwkSetDocument([leaf]).keys[0]
  const set = (padding: string, members: object = {}): Answered => ({
    body: JSON.stringify({ keys: [{ ...jwk, ...members }], pad: padding })
  })
  const prints = fingerprintsDocument([leaf], { expires: 86_400 })
  const draft = (name: string, code: string, answer: (url: URL) => Answered): Kind => ({
    name: `draft, ${name}`,
    generations: "draft-only",
    count: few,
    code,
    answer
  })
  const rfc = (name: string, code: string, count: number, answer: (url: URL) => Answered): Kind => ({
    name: `RFC 7711, ${name}`,
    generations: "rfc-only",
    count,
    code,
    answer
  })
  const ascii = "x".repeat(240_000)
  const wide = `€${ascii.slice(0, 239_000)}`
  const kid = "a name that is long enough"
  const long = "y".repeat(30_000)
  const twice = (padding: string): Answered => ({
    body: `{"keys":[],"a member of some length":1,"a member of some length":2,"pad":"${padding}"}`
  })
  const longPath = (url: URL, step: number): string => `https://${url.hostname}/${step}/${"z".repeat(1_950)}`

  return [
    { ...rfc("one fingerprint", "Resolved", many, () => ({ body: JSON.stringify(prints) })), most: 1_536 },
    draft("one key", "Resolved", () => set("")),

    draft("250 KB with a kid, not Latin-1", "Resolved", () => set(wide, { kid })),
    draft("250 KB with a kid, ASCII", "Resolved", () => set(ascii, { kid })),
    draft("250 KB without a kid", "Resolved", () => set(ascii)),
    draft("kid written in escapes", "Resolved", () => ({
      body: (set(wide, { kid: "K" }).body ?? "").replace(`"kid":"K"`, `"kid":"${"\\u0061".repeat(40)}"`)
    })),
    draft("kid of lone surrogates", "Resolved", () => set("", { kid: "\ud800".repeat(40_000) })),
    draft("kid of 30,000 characters", "Resolved", () => set(long, { kid: `€${long.repeat(5)}` })),
    draft("32 keys with long kids", "Resolved", () => ({
      body: JSON.stringify({
        keys: Array.from({ length: 32 }, (_, index) => ({ ...jwk, kid: `${index}€${kid.repeat(99)}` }))
      })
    })),
    draft("certificates above the leaf", "Resolved", () => ({
      body: JSON.stringify({
        keys: [{ ...jwk, x5c: [base64(leaf.der), ...Array.from({ length: 7 }, () => base64(randomBytes(20_000)))] }]
      })
    })),

    draft("a member twice", "DuplicateMember", () => twice(ascii)),
    draft("a member twice, not Latin-1", "DuplicateMember", () => twice(wide)),
    draft("no shape", "UnknownDocumentShape", () => ({ body: JSON.stringify({ pad: ascii }) })),
    draft("a private key", "NoUsableJwk", () => set(ascii, { d: "a secret that nobody may see" })),
    draft("32 keys of which each is wrong", "NoUsableJwk", () => ({
      body: JSON.stringify({ keys: Array.from({ length: 32 }, () => ({ ...jwk, x5c: [`${long.slice(0, 6_000)}=`] })) })
    })),
    draft("certificates that cannot be read", "NoUsableJwk", () => ({
      body: JSON.stringify({ keys: Array.from({ length: 8 }, () => ({ ...jwk, x5c: [base64(unreadable)] })) })
    })),
    draft("cut off", "InvalidJson", () => ({ body: `{"keys":["${wide}` })),

    rfc("60 KB with an unknown hash name", "Resolved", few, () => ({
      body: JSON.stringify({
        ...prints,
        fingerprints: [{ ...prints.fingerprints[0], "a hash of another kind": "" }],
        pad: long.repeat(2)
      })
    })),
    rfc("64 descriptors with unknown hash names", "Resolved", few, () => ({
      body: JSON.stringify({
        ...prints,
        fingerprints: Array.from({ length: 64 }, (_, index) => ({
          ...prints.fingerprints[0],
          [`${index} \u202e€ ${kid.repeat(10)}`]: "",
          "md5": "",
          "sha-512": "short"
        }))
      })
    })),
    rfc("10 redirects of 2,000 characters", "Resolved", few, (url) => {
      const step = Number(/^\/(\d+)\//.exec(url.pathname)?.[1] ?? 0)
      return step === 10
        ? { body: JSON.stringify(prints) }
        : { status: 302, headers: [["location", longPath(url, step + 1)]] }
    }),
    rfc("10 redirects, and then nothing", "RedirectedMaterialMissing", few, (url) => {
      const step = Number(/^\/(\d+)\//.exec(url.pathname)?.[1] ?? 0)
      return step === 10 ? { status: 404 } : { status: 302, headers: [["location", longPath(url, step + 1)]] }
    }),
    rfc("a reference with a long url", "ReferencedMaterialMissing", few, (url) =>
      url.pathname.startsWith("/1/")
        ? { status: 404 }
        : { body: JSON.stringify({ url: longPath(url, 1), expires: 600, pad: long }) }),
    rfc("a reference to itself", "RedirectLoop", few, (url) => ({
      body: JSON.stringify({ url: longPath(url, 1), expires: 600 }),
      ...(url.pathname.startsWith("/1/") ? { status: 302, headers: [["location", url.href]] } : {})
    })),
    rfc("a Content-Type of 12 KB", "UnsupportedMediaType", few, () => ({
      body: "",
      headers: [["content-type", `text/html; a=\u009b31mred; b=${long.slice(0, 12_000)}`]]
    })),
    rfc("a broken Location of 12 KB", "RedirectInvalidLocation", few, () => ({
      status: 302,
      headers: [["location", `https://\u00ea.example/${long.slice(0, 12_000)}`]]
    })),
    rfc("Retry-After", "RateLimited", many, () => ({ status: 429, headers: [["retry-after", "1000"]] })),

    { name: "404 of both generations", count: many, code: "NotPublished", answer: () => ({ status: 404 }) },
    { name: "503", count: many, code: "ServerError", answer: () => ({ status: 503 }) },
    { name: "connect time-out", count: many, code: "ConnectTimeout", answer: () => ({ fault: "ConnectTimeout" }) }
  ]
}

/** Two extensions of one name: the reason why it cannot be read names it. */
const unreadable = (() => {
  const twice = extension("1.2.840.113549.1.9.16.2.47.11.13", oid("1.2.3"))
  return forge({ extensions: [twice, twice] })
})()
