/** The service of a checkout, bundled as `npm start` runs it, but with `fleet/origin.ts` as its way to origins. */
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { type Plugin, rolldown } from "rolldown"

export const thisCheckout = join(import.meta.dirname, "../../../../..")

/** Returns its entry. Made once for each checkout and process. */
export const bundleOf = (checkout = thisCheckout): Promise<URL> => {
  const made = bundles.get(checkout) ?? make(checkout)
  bundles.set(checkout, made)
  return made
}

const bundles = new Map<string, Promise<URL>>()

const make = async (checkout: string): Promise<URL> => {
  const service = join(checkout, "apps/server")
  const bundle = await rolldown({
    input: { main: join(service, "src/main.ts"), worker: join(service, "src/worker.ts") },
    platform: "node",
    plugins: [withOrigin]
  })
  // In the checkout, where it finds what it loads later.
  const dir = join(service, "bundle-bench")
  await bundle.write({ dir, cleanDir: true, chunkFileNames: "parts/[name]-[hash].js" })
  await bundle.close()
  return pathToFileURL(join(dir, "main.js"))
}

const replaced = /\/apps\/server\/src\/config\/layerFetcher\.ts$/
const withOrigin: Plugin = {
  name: "origin",
  load: (path) => replaced.test(path) ? source : undefined
}

const source = `
  import { Fetcher } from "@posh/core"
  import { Clock, Effect, Layer } from "effect"
  import { documentOf, traceOf } from ${JSON.stringify(fileURLToPath(new URL("../fleet/origin.ts", import.meta.url)))}
  const get = ({ target }) => Effect.map(Clock.currentTimeMillis, (now) => ({
    status: 200,
    headers: [["content-type", "application/json"]],
    body: documentOf(target.host),
    trace: traceOf(target.host, now)
  }))
  export const layerFetcher = () => Layer.succeed(Fetcher, Fetcher.of({ get }))
`
