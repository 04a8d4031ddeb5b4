import { assert, describe, it } from "@effect/vitest"
import type { Environment } from "../../src/config/Config.ts"
import { withoutServiceLinks } from "../../src/config/serviceLinks.ts"

/** What Kubernetes sets for a Service, by the prefix that it makes of its name. */
const linksOf = (prefix: string, ip: string, port: number, protocol = "TCP"): Environment => {
  const url = `${protocol.toLowerCase()}://${ip.includes(":") ? `[${ip}]` : ip}:${port}`
  return {
    [`${prefix}_SERVICE_HOST`]: ip,
    [`${prefix}_SERVICE_PORT`]: String(port),
    [`${prefix}_SERVICE_PORT_HTTP`]: String(port),
    [`${prefix}_PORT`]: url,
    [`${prefix}_PORT_${port}_${protocol}`]: url,
    [`${prefix}_PORT_${port}_${protocol}_PROTO`]: protocol.toLowerCase(),
    [`${prefix}_PORT_${port}_${protocol}_PORT`]: String(port),
    [`${prefix}_PORT_${port}_${protocol}_ADDR`]: ip
  }
}

const known = ["POSH_PORT", "POSH_HOST", "POSH_METRICS"]

describe("the variables that Kubernetes sets for Services", () => {
  const rows: ReadonlyArray<
    readonly [name: string, env: Environment, left: Environment, warned: ReadonlyArray<string>]
  > = [
    ["of a Service called posh are no settings", linksOf("POSH", "10.96.0.12", 8080), {}, ["POSH_PORT"]],
    ["of one over IPv6", linksOf("POSH", "fd00::c", 8080), {}, ["POSH_PORT"]],
    ["of one for UDP", linksOf("POSH", "10.96.0.12", 53, "UDP"), {}, ["POSH_PORT"]],
    ["of one called posh-redis warn of nothing", linksOf("POSH_REDIS", "10.96.0.13", 6379), {}, []],
    ["of one that takes the place of a setting", linksOf("POSH_METRICS", "10.96.0.13", 9090), {}, []],
    [
      "of several leave the settings beside them",
      {
        ...linksOf("POSH", "10.96.0.12", 8080),
        ...linksOf("POSH_REDIS", "10.96.0.13", 6379),
        POSH_HOST: "0.0.0.0",
        POSH_PROT: "1"
      },
      { POSH_HOST: "0.0.0.0", POSH_PROT: "1" },
      ["POSH_PORT"]
    ],
    ["are not what has a number", { POSH_PORT: "8080" }, { POSH_PORT: "8080" }, []],
    ["are not what names a host", { POSH_PORT: "tcp://posh:8080" }, { POSH_PORT: "tcp://posh:8080" }, []],
    ["are not what has no port", { POSH_PORT: "tcp://10.96.0.12" }, { POSH_PORT: "tcp://10.96.0.12" }, []],
    ["are not what has a path", { POSH_PORT: "tcp://10.0.0.1:1/x" }, { POSH_PORT: "tcp://10.0.0.1:1/x" }, []],
    ["are not what is of another scheme", { POSH_PORT: "http://10.0.0.1:1" }, { POSH_PORT: "http://10.0.0.1:1" }, []],
    [
      "are not what only looks like one, where there is no Service",
      { POSH_SERVICE_HOST: "a", POSH_SERVICE_PORT: "8080", POSH_PORT_8080_TCP: "tcp://10.96.0.12:8080" },
      { POSH_SERVICE_HOST: "a", POSH_SERVICE_PORT: "8080", POSH_PORT_8080_TCP: "tcp://10.96.0.12:8080" },
      []
    ],
    [
      "are not what a Service would not be called",
      { ...linksOf("POSH", "10.96.0.12", 8080), POSH_SERVICE: "x", POSH_PORT_TCP: "x", POSHY_PORT: "1" },
      { POSH_SERVICE: "x", POSH_PORT_TCP: "x", POSHY_PORT: "1" },
      ["POSH_PORT"]
    ]
  ]
  it.each(rows)("%s", (_, env, left, warned) => {
    const own = withoutServiceLinks(env, known)
    assert.deepStrictEqual(own.env, left)
    assert.deepStrictEqual(own.warnings.map((warning) => warning.replace(/:[^]*$/, "")), warned)
    for (const warning of own.warnings) assert.include(warning, "enableServiceLinks: false")
  })
})
