/**
 * Dashboards and alerts name what the service exports, and alerts fire when they should.
 */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { ensureInstalled } from "@posh/testing"
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { catalogue } from "../../src/telemetry/catalogue.ts"

const root = join(import.meta.dirname, "../../../..")

beforeAll(() => ensureInstalled("promtool", "--version", "prometheus"), 180_000)

describe("dashboards and alerts", () => {
  it("npm run check:dashboards finds nothing to complain about", () => {
    const { status, stderr, stdout } = spawnSync(process.execPath, ["scripts/checkDashboards.ts"], {
      cwd: root,
      encoding: "utf8"
    })
    assert.deepStrictEqual([status, stderr, stdout], [0, "", "dashboards: ok\n"])
  }, 60_000)

  it("every metric is on the dashboard", () => {
    const text = readFileSync(join(root, "docker/grafana/posh.json"), "utf8")
    assert.deepStrictEqual(Object.keys(catalogue).filter((name) => !text.includes(name)), [])
  })

  it("every alert says what to do, and is tested to fire", () => {
    const rules = readFileSync(join(root, "docker/prometheus/rules.yml"), "utf8")
    const tests = readFileSync(join(root, "docker/prometheus/rules.test.yml"), "utf8")
    const alerts = rules.split("- alert: ").slice(1)
    assert.isAbove(alerts.length, 15)
    for (const alert of alerts) {
      const [name = ""] = alert.split("\n", 1)
      assert.match(alert, /^ +labels: \{ severity: (critical|warning|info) \}$/m, name)
      assert.match(alert, /^ +summary: ".+"$/m, name)
      assert.match(alert, /^ +description: ".+"$/m, name)
      assert.include(tests, `alertname="${name}"`)
    }
  })
})
