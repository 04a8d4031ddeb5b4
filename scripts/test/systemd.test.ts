import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { settingBreaches } from "../deploy/settings.ts"
import { unitBreaches, type UnitFiles } from "../systemd/unit.ts"

const home = "deploy/systemd"
const read = (name: string) => readFileSync(`${home}/${name}`, "utf8")
const dropIns = readdirSync(`${home}/posh.service.d`).map((name) => `posh.service.d/${name}`)

const ours: UnitFiles = {
  units: Object.fromEntries(["posh.service", ...dropIns].map((name) => [name, read(name)])),
  environment: read("environment"),
  exists: () => true
}

const withUnit = (change: (unit: string) => string): UnitFiles => ({
  ...ours,
  units: { ...ours.units, "posh.service": change(ours.units["posh.service"] ?? "") }
})

describe("a unit that does not fit", () => {
  it("is not ours", () => assert.deepStrictEqual(unitBreaches(ours), []))

  const rows: ReadonlyArray<readonly [name: string, files: UnitFiles, breach: RegExp]> = [
    [
      "sets what is no variable",
      withUnit((unit) => `${unit}\nEnvironment=POSH_PROT=1`),
      /^POSH_PROT is no variable of the service$/
    ],
    [
      "sets in the file what is no variable",
      { ...ours, environment: `${ours.environment}\nPOSH_DRAIN=1s` },
      /^POSH_DRAIN is no variable/
    ],
    [
      "has a secret in it",
      withUnit((unit) => `${unit}\nEnvironment=POSH_REDIS_URL=redis://u:p@h`),
      /^POSH_REDIS_URL is a secret/
    ],
    ["sets a variable twice", withUnit((unit) => `${unit}\nEnvironment=POSH_PORT=1`), /^POSH_PORT is set twice$/],
    [
      "loads a credential for nobody",
      withUnit((unit) => `${unit}\nLoadCredential=x:/etc/x`),
      /^the credential x is not read$/
    ],
    [
      "reads a credential that is not there",
      withUnit((unit) => unit.replace("LoadCredential=keys:", "LoadCredential=key:")),
      /^the credential keys is not loaded$/
    ],
    ["runs what does not exist", { ...ours, exists: () => false }, /^ExecStart runs .*, which does not exist$/],
    [
      "is killed while it drains",
      { ...ours, environment: "POSH_DRAIN_DELAY=16s" },
      /^TimeoutStopSec=30s is less than POSH_DRAIN_DELAY=16s and 15 seconds$/
    ],
    [
      "hears no child",
      withUnit((unit) => unit.replace("\nNotifyAccess=all", "\nNotifyAccess=main")),
      /^readiness does not/
    ]
  ]
  it.each(rows)("%s", (_, files, breach) => {
    const breaches = unitBreaches(files)
    assert.isTrue(breaches.some((found) => breach.test(found)), breaches.join("\n"))
  })
})

it("only settings of the service are looked at", () =>
  assert.deepStrictEqual(settingBreaches(["NODE_ENV", "POSH_HOST", "OTEL_X", "POSH_CACHE_SECRET"]), [
    "OTEL_X is no variable of the service",
    "POSH_CACHE_SECRET is a secret and must come from a file"
  ]))
