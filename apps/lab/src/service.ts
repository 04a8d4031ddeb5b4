/** Starts the service as `npm start` does, with origins on this machine in place of the Internet. */
import { type Origins, serviceEntry } from "@posh/testing"
import { Effect, type Scope } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { commandOf, type Running, start } from "./process.ts"

export const serviceScript = pathToFileURL(serviceEntry())

export const serviceReady = "/health/ready"

export const startService = (env: Readonly<Record<string, string>>): Promise<Running> =>
  start(commandOf(serviceScript), { env, ready: serviceReady })

/** A temporary folder, removed when the scope closes. */
export const makeFolder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "posh-lab-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

/** A free port, and connections to the origins only. Writes their CA certificate to the folder. */
export const environmentIn = (folder: string, { caPem, connectTo }: Origins): Record<string, string> => {
  const caFile = join(folder, "ca.pem")
  writeFileSync(caFile, caPem)
  return {
    POSH_PORT: "0",
    POSH_GRPC_PORT: "off",
    POSH_EXTRA_CA_FILE: caFile,
    POSH_CONNECT_TO: connectTo,
    POSH_ALLOW_SPECIAL_USE_DOMAINS: "true"
  }
}
