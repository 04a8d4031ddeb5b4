/**
 * A soak: one process asks about ever new domains over real TLS, in minutes as many as a service in hours, and its
 * native memory stays where it was. The heap alone would not show a leak of what OpenSSL or a socket holds.
 */
import { issue, rootCa } from "@posh/testing"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:https"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import type { Sample } from "./slope.ts"

export interface Course {
  /** Resolutions between two samples. */
  readonly every: number
  readonly samples: number
}

/** The samples of one run. */
export const soak = async (
  { every, samples }: Course,
  onSample: (sample: Sample) => void = () => undefined
): Promise<ReadonlyArray<Sample>> => {
  const origin = await startOrigin()
  const subject = spawn(
    process.execPath,
    [
      "--disable-warning=ExperimentalWarning",
      "--expose-gc",
      script,
      `${origin.port}`,
      origin.caFile,
      `${every}`,
      `${samples}`
    ],
    // One arena: what several keep for later is no leak.
    { env: { PATH: process.env["PATH"] ?? "", MALLOC_ARENA_MAX: "1" }, stdio: ["ignore", "pipe", "inherit"] }
  )
  try {
    const taken: Array<Sample> = []
    for await (const line of createInterface(subject.stdout)) {
      const sample: Sample = JSON.parse(line)
      taken.push(sample)
      onSample(sample)
    }
    return taken
  } finally {
    subject.kill()
    origin.stop()
  }
}

const script = fileURLToPath(new URL("subject.ts", import.meta.url))

/** Any host below `soak.example`, which publishes nothing: what is measured is the way there. */
const startOrigin = async () => {
  const folder = mkdtempSync(join(tmpdir(), "posh-soak-"))
  const root = await Effect.runPromise(rootCa())
  const { keyPem, pem } = await Effect.runPromise(issue(root, { dnsNames: ["*.soak.example"] }))
  const caFile = join(folder, "ca.pem")
  writeFileSync(caFile, root.pem)
  const server = createServer({ cert: pem, key: keyPem }, (_request, response) => response.writeHead(404).end())
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    port: (server.address() as AddressInfo).port,
    caFile,
    stop: () => {
      server.close()
      server.closeAllConnections()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
