/** Warm `POST /v1/verify` with chains and two proof types, beside the bare handler. */
import { Effect } from "effect"
import { compare, warmUp } from "../compare/compare.ts"
import { toCompared } from "../compare/ratios.ts"
import { comparedOf, comparisonTable, ratioFigure } from "../compare/report.ts"
import { withServers } from "../compare/servers.ts"
import { makeChainFleet } from "../fleet/Fleet.ts"
import { issueChains } from "../fleet/issueMany.ts"
import type { Measurement } from "../Measurement.ts"
import { bareNode } from "../subjects/bare.ts"
import { posh } from "../subjects/posh.ts"
import { titleOf } from "./titleOf.ts"

export const chains: Measurement = {
  title: "Chains, with PKIX before POSH",
  method:
    "Each domain has a leaf of its own below one intermediate, and is asked about with both in `chain` and with `prooftypes` pkix " +
    "and posh. One service trusts the root, so PKIX decides; another does not, so POSH does, after PKIX. Both know all domains and " +
    "have seen all chains. The bare handler gets the same bodies, decodes and hashes the leaf, and looks it up.",
  run: async (bench) => {
    const { domains } = bench.options.medium
    const fleet = makeChainFleet(domains, await Effect.runPromise(issueChains(domains)), bench.folder)
    const subjects = [bareNode, posh({ POSH_PKIX_ROOTS: fleet.root }, byPkix), posh({}, byPosh)]
    const compared = toCompared(
      await withServers(subjects, { fleet }, async (servers) => {
        await warmUp(servers, bench.effort)
        return compare(servers, bench.effort)
      })
    )
    const title = `${titleOf(fleet)} below an intermediate`
    const table = comparisonTable(title, compared)
    bench.tell(table)
    return {
      figures: [byPkix, byPosh].map((name) =>
        ratioFigure(`${title}, ${name}, of ${bareNode.name}`, { least: 0.7 }, comparedOf(compared, name), bareNode.name)
      ),
      tables: [table]
    }
  }
}

const byPkix = "PKIX decides"
const byPosh = "POSH decides"
