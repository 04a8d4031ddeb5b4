/**
 * `npm run check:dashboards`: checks that rules and dashboard use only metrics, labels and values that the service
 * exports, that each alert links to what to do, and runs the tests of the rules (with `promtool`, of Debian's package `prometheus`).
 */
import { readFileSync } from "node:fs"
import { ensureInstalled } from "../packages/testing/src/tools.ts"
import { readDashboard, readRules, unknownNames } from "./dashboards/names.ts"
import { runPromtool } from "./dashboards/promtool.ts"
import { alertFaults } from "./dashboards/runbooks.ts"

ensureInstalled("promtool", "--version", "prometheus")

const breaches = [
  ...unknownNames("docker/prometheus/rules.yml", readRules("docker/prometheus/rules.yml")),
  ...alertFaults("docker/prometheus/rules.yml", readFileSync("docker/prometheus/rules.yml", "utf8")),
  ...unknownNames("docker/grafana/posh.json", readDashboard("docker/grafana/posh.json")),
  ...runPromtool("check", "config", "docker/prometheus/prometheus.yml"),
  ...runPromtool("check", "rules", "docker/prometheus/rules.yml"),
  ...runPromtool("test", "rules", "docker/prometheus/rules.test.yml")
]
for (const breach of breaches) console.error(breach)
console.log(breaches.length === 0 ? "dashboards: ok" : `dashboards: ${breaches.length} breached`)
process.exitCode = breaches.length === 0 ? 0 : 1
