/**
 * Each alert says where its steps are, and that place exists; texts name metrics that exist.
 */
import { existsSync, readFileSync } from "node:fs"
import { headings } from "../rules/docs.ts"
import { isMetric } from "./names.ts"

/** `rules`: the text of a file of rules. */
export const alertFaults = (file: string, rules: string): ReadonlyArray<string> =>
  rules.split("- alert: ").slice(1).flatMap((alert) => {
    const [name = ""] = alert.split("\n", 1)
    const metrics = [...alert.matchAll(/\b(?:posh|process|nodejs)_\w+/g)].map(([metric]) => metric)
    return [...placeFaults(alert), ...metrics.filter((metric) => !isMetric(metric)).map((one) => `no metric ${one}`)]
      .map((fault) => `${file}: ${name}: ${fault}`)
  })

const placeFaults = (alert: string): ReadonlyArray<string> => {
  const [, page = "", anchor = ""] = /^ +runbook_url: "([^"#]+)#([^"]+)"$/m.exec(alert) ?? []
  if (page === "") return ["no runbook_url"]
  return existsSync(page) && headings(readFileSync(page, "utf8")).has(anchor)
    ? []
    : [`runbook_url: ${page} has no #${anchor}`]
}
