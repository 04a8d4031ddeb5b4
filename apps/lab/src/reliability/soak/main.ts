/** `npm run reliability -- soak`: takes minutes; writes docs/reference/soak.md if native memory stayed flat. */
import { writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { afterWarmUp, slopeBound, toPage } from "./page.ts"
import { soak, type SoakOptions } from "./run.ts"
import { slopeOf } from "./slope.ts"

const page = fileURLToPath(new URL("../../../../../docs/reference/soak.md", import.meta.url))

const options: SoakOptions = { every: 1_500, samples: 14 }

const samples = await soak(options, (sample) =>
  console.log(
    `${sample.resolutions} resolutions: native ${(sample.native / 1e6).toFixed(1)} MB, ` +
      `heap ${(sample.heap / 1e6).toFixed(1)} MB, external ${(sample.external / 1e6).toFixed(1)} MB`
  ))
const slope = slopeOf(afterWarmUp(samples), ({ native }) => native)
console.log(`each resolution left ${slope.toFixed(0)} bytes of native memory behind, of ${slopeBound} at most`)
if (samples.length < options.samples || slope > slopeBound) process.exitCode = 1
else writeFileSync(page, toPage(samples))
