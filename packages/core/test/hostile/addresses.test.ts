/** No stranger makes this service connect to what is not public (POSH-SEC-10), from the question to the verdict. */
import { assert, layer } from "@effect/vitest"
import { Behave, countingListener, type DnsAnswer, referenceDocument } from "@posh/testing"
import { Context, Effect, Layer } from "effect"
import { randomInt } from "node:crypto"
import { isIPv6 } from "node:net"
import { networkInterfaces } from "node:os"
import { attemptLimits } from "../../src/Limits.ts"
import { affordable, measured } from "./measure.ts"
import { boundIpv4, boundIpv6, refusedAddresses } from "./specialAddresses.ts"
import { ask, layerVerifier, layerWorld, web, World } from "./world.ts"

/** Connections that were accepted where none may arrive. */
class Watch extends Context.Service<Watch, { readonly count: () => number; readonly https: string | undefined }>()(
  "posh/test/Watch"
) {
  /** On the port of the web server, and, where this process may listen there, on the one that domains are asked at. */
  static readonly layer = Layer.effect(
    Watch,
    Effect.gen(function*() {
      const { origins } = yield* World
      const isHere = (address: string) =>
        Object.values(networkInterfaces()).flat().some((own) => own?.address === address)
      const bound = [...boundIpv4, ...(isHere(boundIpv6) ? [boundIpv6] : [])]
      const listeners = yield* Effect.forEach(bound, (at) => countingListener(origins.port, at))
      // An address of its own, because others on this machine may run the same test.
      const https = `127.${randomInt(2, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`
      if (process.getuid?.() === 0) listeners.push(yield* countingListener(443, https))
      return Watch.of({
        count: () => listeners.reduce((sum, { count }) => sum + count(), 0),
        https: process.getuid?.() === 0 ? https : undefined
      })
    })
  )
}

const layerAll = Layer.mergeAll(layerVerifier(), Watch.layer).pipe(Layer.provideMerge(layerWorld))

const records = (...addresses: ReadonlyArray<string>): DnsAnswer => ({
  a: addresses.filter((address) => !isIPv6(address)),
  aaaa: addresses.filter((address) => isIPv6(address))
})

/** Both ways for a document to send a resolution elsewhere. */
const delegations = (url: string) => ({
  location: Behave.redirect(url),
  url: Behave.json(referenceDocument(url, 60))
})

/** The ways of a stranger to an address; what comes of each. */
const everyWay = (address: string) =>
  Effect.gen(function*() {
    const { dns, origins, source } = yield* World
    const named = (answer: DnsAnswer, host = "trap.posh-world.net") => {
      dns.set(host, answer)
      return host
    }
    const aliased = (answer: DnsAnswer) =>
      ["alias1", "alias2", "alias3"].reduce(
        (target, label) => named({ cname: target }, `${label}.posh-world.net`),
        named(answer)
      )
    const at = (host: string) => delegations(`https://${host}:${origins.port}/`)
    const literal = delegations(`https://${isIPv6(address) ? `[${address}]` : address}/`)
    // A name of its own, because the name server counts how often it was asked.
    const rebound = `rebound${dns.queries.length}.posh-world.net`
    const rebinding = at(named({ sequence: [records(web), records(address)] }, rebound)).url

    return {
      domain: yield* ask(address),
      domainInBrackets: yield* ask(`[${address}]`),
      dns: yield* ask(named(records(address))),
      dnsAlias: yield* ask(aliased(records(address))),
      locationLiteral: yield* ask(source(literal.location)),
      urlLiteral: yield* ask(source(literal.url)),
      locationDns: yield* ask(source(at(named(records(address))).location)),
      urlDns: yield* ask(source(at(named(records(address))).url)),
      locationAlias: yield* ask(source(at(aliased(records(address))).location)),
      // A public address beside it is used, and it alone.
      mixedBefore: yield* ask(source(at(named(records(address, web))).location)),
      mixedAfter: yield* ask(source(at(named(records(web, address))).url)),
      mixedAlias: yield* ask(source(at(aliased(records(address, web, address))).location)),
      firstLookUp: yield* ask(source(rebinding)),
      secondLookUp: yield* ask(source(rebinding))
    }
  })

const refused = {
  domain: "InvalidSourceDomain",
  domainInBrackets: "InvalidSourceDomain",
  dns: "BlockedAddress",
  dnsAlias: "BlockedAddress",
  locationLiteral: "RedirectForbiddenTarget",
  urlLiteral: "ReferenceForbiddenTarget",
  locationDns: "BlockedAddress",
  urlDns: "BlockedAddress",
  locationAlias: "BlockedAddress",
  mixedBefore: "Verified",
  mixedAfter: "Verified",
  mixedAlias: "Verified",
  firstLookUp: "Verified",
  secondLookUp: "BlockedAddress"
}

layer(layerAll, { excludeTestServices: true, timeout: 120_000 })("no way leads to", (it) => {
  it.effect.each(refusedAddresses)("%s (%s)", ([address]) =>
    Effect.gen(function*() {
      const { strayDials } = yield* World
      strayDials()
      assert.deepStrictEqual(yield* everyWay(address), refused)
      assert.deepStrictEqual(strayDials(), [])
      assert.strictEqual((yield* Watch).count(), 0)
    }))

  it.effect("what listens where domains are asked", () =>
    Effect.gen(function*() {
      const { strayDials } = yield* World
      const { count, https = "127.0.0.2" } = yield* Watch
      strayDials()
      assert.deepStrictEqual(yield* everyWay(https), refused)
      assert.deepStrictEqual([strayDials(), count()], [[], 0])
    }))

  it.effect("any of 1,000 addresses in one answer; the public one among them is found", () =>
    Effect.gen(function*() {
      const { dns, origins, source, strayDials } = yield* World
      const many = Array.from({ length: 1_000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`)
      const host = "crowded.posh-world.net"
      const redirect = Behave.redirect(`https://${host}:${origins.port}/`)
      strayDials()
      dns.set(host, records(...many))
      assert.strictEqual(yield* ask(source(redirect)), "BlockedAddress")
      dns.set(host, records(...many, web))
      const asking = Effect.suspend(() => measured(ask(source(redirect)))) // about another domain in each try
      assert.strictEqual(yield* affordable({ processorMs: 250 })(asking), "Verified")
      assert.deepStrictEqual(strayDials(), [])
    }))

  it.effect("the web server itself, where nobody says that it is public", () =>
    Effect.gen(function*() {
      const { dns, origins } = yield* World
      dns.set("itself.posh-world.net", records(web, `::ffff:${web}`, `64:ff9b::${web}`))
      const before = origins.connections()
      const strict = yield* Layer.build(layerVerifier({}, ""))
      assert.strictEqual(yield* Effect.provide(ask("itself.posh-world.net"), strict), "BlockedAddress")
      assert.strictEqual(origins.connections(), before)
    }))
})

layer(layerAll, { excludeTestServices: true })("the watch sees what is allowed:", (it) => {
  it.effect("connections to an exempt network, by the witness and by the listeners", () =>
    Effect.gen(function*() {
      const { dns, origins, source, strayDials } = yield* World
      const { count, https } = yield* Watch
      const lenient = yield* Layer.build(layerVerifier({}, "127.0.0.0/8"))
      strayDials()

      const host = "exempt.posh-world.net"
      dns.set(host, records("127.0.0.2"))
      const redirected = source(Behave.redirect(`https://${host}:${origins.port}/`))
      assert.strictEqual(yield* Effect.provide(ask(redirected), lenient), "ConnectionReset")
      // A connection that ends at the first flight is tried once more, with a smaller one (POSH-RES-94).
      const dial = { address: "127.0.0.2", port: origins.port }
      assert.deepStrictEqual([strayDials(), count()], [[dial, dial], 2])

      dns.set(host, records(https ?? "127.0.0.2"))
      const code = yield* Effect.provide(ask(host), lenient)
      assert.deepStrictEqual(
        [code, strayDials(), count()],
        https === undefined
          ? ["ConnectionRefused", [{ address: "127.0.0.2", port: 443 }], 2]
          : ["ConnectionReset", [{ address: https, port: 443 }, { address: https, port: 443 }], 4]
      )
    }))

  // Of AS112, the sink for queries about private addresses: public, and answers nobody here.
  it.effect.each([["64:ff9b::192.31.196.1"], ["64:ff9b::c01f:c401"], ["0064:FF9B:0:0:0:0:C01F:C401"]] as const)(
    "the NAT64 form of a public address: %s",
    ([address]) =>
      Effect.gen(function*() {
        const { dns, strayDials } = yield* World
        const impatient = yield* Layer.build(layerVerifier({ attempt: { ...attemptLimits, connectMs: 300 } }))
        dns.set("nat64.posh-world.net", records(address))
        strayDials()
        const code = yield* Effect.provide(ask("nat64.posh-world.net"), impatient)
        assert.include(["NetworkUnreachable", "ConnectTimeout"], code)
        assert.deepStrictEqual(strayDials(), [{ address: "64:ff9b::c01f:c401", port: 443 }])
      })
  )
})
