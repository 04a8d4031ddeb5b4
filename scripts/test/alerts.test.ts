/**
 * What `npm run check:dashboards` says about alerts and queries, without promtool.
 */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { readDashboard, unknownNames } from "../dashboards/names.ts"
import { alertFaults } from "../dashboards/runbooks.ts"

const alert = (place: string, text = "posh_verdicts_total"): string =>
  `      - alert: PoshX\n        expr: up == 0\n        annotations:\n          description: "${text}"\n${place}`
const runbook = (place: string): string => `          runbook_url: "${place}"\n`
const section = runbook("docs/guides/operate.md#lost-records")

describe("an alert", () => {
  it.each([
    [alert(section), []],
    [alert(""), ["no runbook_url"]],
    [alert(runbook("docs/guides/operate.md")), ["no runbook_url"]],
    [alert(runbook("docs/guides/operate.md#nothing")), ["runbook_url: docs/guides/operate.md has no #nothing"]],
    [alert(runbook("docs/guides/none.md#x")), ["runbook_url: docs/guides/none.md has no #x"]],
    [alert(section, "see posh_gone_total and process_gone"), ["no metric posh_gone_total", "no metric process_gone"]],
    [alert(section, "posh_resolution_seconds or posh_resolution_seconds_bucket"), []]
  ])(
    "%j",
    (rules, faults) => assert.deepStrictEqual(alertFaults("f", rules), faults.map((fault) => `f: PoshX: ${fault}`))
  )
})

describe("an expression", () => {
  it.each([
    ["nodejs_eventloop_lag_p99_seconds > 1", 0],
    ["nodejs_eventloop_lag_p98_seconds > 1", 1],
    ["process_open_fds / process_max_fd", 1],
    [`ALERTS{alertname=~"Posh.+"}`, 0],
    [`posh_tls_handshake_failures_total{reason=~"http|certificate"}`, 0],
    [`posh_tls_handshake_failures_total{reason="https"}`, 1]
  ])(
    "%s has %i unknown names",
    (expression, count) => assert.strictEqual(unknownNames("f", [expression]).length, count)
  )
})

describe("the dashboard", () => {
  const file = "docker/grafana/posh.json"

  it("can be imported anywhere: every query goes to the chosen data source", () => {
    const text = readFileSync(file, "utf8")
    const sources = [...text.matchAll(/"uid": "([^"]+)"/g)].map(([, uid]) => uid)
    assert.deepStrictEqual([...new Set(sources)].toSorted(), ["${datasource}", "posh"])
  })

  it("asks only about the chosen job and replicas", () => {
    for (const expression of readDashboard(file)) {
      if (expression.startsWith("label_values") || expression.startsWith("ALERTS")) continue
      const selectors = [...expression.matchAll(/\b(?:posh|process|nodejs)_\w+(\{[^}]*\})?/g)]
      for (const [selector] of selectors) assert.include(selector, `{job=~"$job",instance=~"$instance"`)
    }
  })
})
