/** Publishes documents that try to make cached values hold more memory than is accounted for. */
import { Behave, type Behaviour, jwkSetDocument } from "@posh/testing"
import { Effect } from "effect"
import { draftPath, rfcPath } from "../../question.ts"
import type { Attack } from "../Attack.ts"
import { counter, keep, post, questionAbout } from "../connections.ts"
import { document } from "../hosts.ts"

/** The site number of each kind of document; a site has any number of names. */
const sites = { wide: 0, twice: 1, hashes: 2, redirects: 3 } as const

/** The kinds by connection. Redirects cost the most requests. */
const { hashes, redirects: hops, twice, wide } = sites
const shares = [wide, twice, wide, hashes, wide, twice, wide, wide, wide, twice, wide, hashes, wide, twice, wide, hops]

const next = counter()

/** MB: twice the heap of the idle service. */
const heap = 112

export const hostileDocuments: Attack = {
  title: "Hostile documents",
  description:
    "16 connections that ask about ever new names of four sites: JWK Sets of 240 KB with a long `kid` and a character " +
    "beyond Latin-1, with a member twice, fingerprints of 60 KB with an unknown hash, and ten redirects of 2,000 octets " +
    "each; the heap of the service is limited to " +
    `${heap} MB`,
  unit: "questions",
  run: ({ key, port }, signal) =>
    keep(port, 16, signal, (socket, done, index) => {
      const site = shares[index % shares.length]
      const send = () => {
        done()
        const asked = JSON.parse(questionAbout(`n${next()}.attacker-${site}.example`, 10_000))
        const generations = site === wide || site === twice ? "draft-only" : "rfc-only"
        socket.write(post(key, "/v1/verify", JSON.stringify({ ...asked, generations })))
      }
      socket.on("data", send)
      send()
    }),
  scene: ({ certificate, origins }, scale) =>
    Effect.sync(() => {
      const [entry] = jwkSetDocument([certificate]).keys
      const withKid = JSON.stringify({
        keys: [{ ...entry, kid: "a name that is long enough" }],
        pad: `€${"x".repeat(240_000)}`
      })
      const withTwo = `{"keys":[${JSON.stringify(entry)}],"pad":"€${"x".repeat(240_000)}","pad":1}`
      const unknownHash = JSON.stringify({
        fingerprints: [{ "sha-256": "B".repeat(42) + "A=", "a-hash-that-nobody-knows": "x".repeat(60_000) }],
        expires: 86_400
      })
      const routes: ReadonlyArray<(path: string) => Behaviour | undefined> = [
        (path) => path === draftPath ? Behave.text(withKid) : undefined,
        (path) => path === draftPath ? Behave.text(withTwo) : undefined,
        (path) => path === rfcPath ? Behave.text(unknownHash) : undefined,
        redirects(document(certificate))
      ]
      origins.setFallback((host, path) => routes[Number(/\.attacker-(\d)\.example$/.exec(host)?.[1] ?? -1)]?.(path))
      return {
        env: { NODE_OPTIONS: `--max-old-space-size=${heap}` },
        isUnderWay: () => origins.requests.length >= 600 * scale,
        bounds: { rss: 600, health: 1_000 }
      }
    })
}

/** Ten redirects, each to another path, and then the document. */
const redirects = (end: Behaviour) => (path: string): Behaviour | undefined => {
  const hop = path === rfcPath ? 0 : Number(/^\/hop-(\d+)-/.exec(path)?.[1] ?? Number.NaN)
  if (Number.isNaN(hop)) return undefined
  return hop === 10 ? end : Behave.redirect(`/hop-${hop + 1}-${"x".repeat(2_000)}`)
}
