/**
 * Without keys: which names of the service, and pages of which origins, are allowed. By default, and with
 * `POSH_AUTH=none`.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { connect } from "node:net"
import { isThisMachine } from "../../src/access/thisMachine.ts"
import { started } from "../process/processes.ts"

const exchange = (port: number, octets: string) =>
  Effect.callback<string>((resume) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(octets))
    let text = ""
    socket.on("data", (chunk) => text += String(chunk))
    socket.on("error", () => undefined)
    socket.on("close", () => resume(Effect.succeed(text)))
  }).pipe(Effect.timeout("10 seconds"))

interface Row {
  readonly name: string
  readonly target?: string
  /** `PORT` is replaced by that of the service. */
  readonly header: ReadonlyArray<string>
  readonly method?: string
  /** Statuses by default, and with `POSH_AUTH=none`. */
  readonly statuses: readonly [byDefault: number, none: number]
}

const inventory = "/v1/associations"
const pair = "/v1/associations/hosting.com/xmpp-server"
const rebound = "Host: rebound.attacker.example:PORT"
const rows: ReadonlyArray<Row> = [
  // DNS rebinding: for the browser, page and service have the same origin.
  { name: "the inventory by a foreign name", header: [rebound], statuses: [403, 200] },
  {
    name: "the inventory by a foreign name, from the page of that name",
    header: [rebound, "Origin: http://rebound.attacker.example:PORT", "Sec-Fetch-Site: same-origin"],
    statuses: [403, 200]
  },
  { name: "a purge by a foreign name", method: "DELETE", target: pair, header: [rebound], statuses: [403, 204] },
  { name: "a health check by a foreign name", target: "/health/live", header: [rebound], statuses: [403, 200] },
  { name: "metrics by a foreign name", target: "/metrics", header: ["Host: 10.0.0.7:PORT"], statuses: [403, 200] },
  {
    name: "health by the address in a container's network",
    target: "/health/ready",
    header: ["Host: 172.17.0.2"],
    statuses: [403, 200]
  },
  { name: "an unknown path", target: "/x", header: [rebound], statuses: [403, 404] },
  {
    name: "a foreign authority in the target",
    target: `http://attacker.example${inventory}`,
    header: ["Host: localhost"],
    statuses: [403, 200]
  },
  {
    name: "a foreign Host beside the target",
    target: `http://localhost${inventory}`,
    header: ["Host: attacker.example"],
    statuses: [403, 200]
  },
  {
    name: "an own authority in the target",
    target: `http://localhost:PORT${inventory}`,
    header: ["Host: localhost:PORT"],
    statuses: [200, 200]
  },
  { name: "two of Host", header: ["Host: localhost", "Host: attacker.example"], statuses: [400, 400] },
  { name: "no Host", header: [], statuses: [400, 400] },
  // Pages of other origins that use the right name.
  {
    name: "an image on a page of another site",
    target: `${pair}?refresh=true`,
    header: ["Host: localhost:PORT", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"],
    statuses: [403, 403]
  },
  {
    name: "a page of another service on this machine",
    header: ["Host: localhost:PORT", "Sec-Fetch-Site: same-site"],
    statuses: [403, 403]
  },
  {
    name: "an unknown Sec-Fetch-Site",
    header: ["Host: localhost:PORT", "Sec-Fetch-Site: other"],
    statuses: [403, 403]
  },
  {
    name: "a form on a page of another site",
    method: "POST",
    header: ["Host: localhost:PORT", "Origin: https://attacker.example"],
    statuses: [403, 403]
  },
  {
    name: "another port of this machine",
    header: ["Host: localhost:PORT", "Origin: http://localhost:1"],
    statuses: [403, 403]
  },
  { name: "a page without an origin", header: ["Host: localhost:PORT", "Origin: null"], statuses: [403, 403] },
  {
    name: "a foreign origin that a proxy has given another Host",
    header: ["Host: localhost", "Origin: https://a.example", "Sec-Fetch-Site: same-origin"],
    statuses: [403, 403]
  },
  {
    name: "two origins",
    header: ["Host: localhost:PORT", "Origin: http://localhost:PORT", "Origin: https://a.example"],
    statuses: [403, 403]
  },
  // Own pages and other clients.
  {
    name: "the docs in a browser",
    target: "/docs",
    header: ["Host: localhost:PORT", "Sec-Fetch-Site: none"],
    statuses: [200, 200]
  },
  {
    name: "their style",
    target: "/docs/style.css",
    header: ["Host: 127.0.0.1:PORT", "Sec-Fetch-Site: same-origin"],
    statuses: [200, 200]
  },
  {
    name: "the own origin",
    header: ["Host: [::1]:PORT", "Origin: http://[::1]:PORT", "Sec-Fetch-Site: same-origin"],
    statuses: [200, 200]
  },
  { name: "a program", header: ["Host: 127.0.0.1:PORT"], statuses: [200, 200] }
]

describe("callers without keys", () => {
  for (const [index, env] of [{}, { POSH_AUTH: "none" }].entries()) {
    it.live(index === 0 ? "by default" : "with POSH_AUTH=none", () =>
      Effect.gen(function*() {
        const { port } = yield* started(env)
        for (const { header, method = "GET", name, statuses, target = inventory } of rows) {
          const head = [`${method} ${target} HTTP/1.1`, ...header, "Connection: close", "", ""].join("\r\n")
          const text = yield* exchange(port, head.replaceAll("PORT", String(port)))
          const expected = statuses[index]
          assert.match(text, new RegExp(`^HTTP/1\\.1 ${expected} `), `${name}\n${text}`)
          if (expected === 403) assert.include(text, "urn:posh:problem:Forbidden")
        }
        // HTTP/1.0 has no Host.
        const old = yield* exchange(port, `GET ${inventory} HTTP/1.0\r\n\r\n`)
        assert.match(old, index === 0 ? /^HTTP\/1\.1 403 / : /^HTTP\/1\.1 200 /)
      }).pipe(Effect.scoped))
  }
})

describe("a name of this machine", () => {
  it.each([
    ["localhost", true],
    ["LocalHost:8080", true],
    ["127.0.0.1", true],
    ["127.255.0.3:65535", true],
    ["[::1]:80", true],
    ["", false],
    ["localhost.", false],
    ["localhost:", false],
    ["localhost:http", false],
    ["localhost.attacker.example", false],
    ["a.localhost", false],
    ["localhost@attacker.example", false],
    ["attacker.example#localhost", false],
    ["127.0.0.1.attacker.example", false],
    ["127.0.0.256", false],
    ["127.1", false],
    ["2130706433", false],
    ["0x7f.0.0.1", false],
    ["0177.0.0.1", false],
    ["127.0.0.01", false],
    ["0.0.0.0", false],
    ["128.0.0.1", false],
    ["::1", false],
    ["[::]", false],
    ["[::ffff:127.0.0.1]", false],
    ["[::1%25lo]", false],
    ["localhost\tx", false],
    ["local\u017fost", false],
    ["localho\u017ft", false]
  ])("%s: %s", (authority, expected) => assert.strictEqual(isThisMachine(authority), expected))
})
