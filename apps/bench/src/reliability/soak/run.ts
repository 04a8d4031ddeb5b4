/**
 * A soak: one process asks about ever new domains over real TLS, in minutes as many as a service in a day, and its
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
  /** Samples at the beginning that do not count: caches fill, the allocator settles. */
  readonly warmUp: number
}

/** The samples of one run, those of the warm-up too, while they come. */
export const soak = async ({ every, samples }: Course, onSample: (sample: Sample) => void): Promise<void> => {
  const origin = await startOrigin()
  const subject = spawn(
    process.execPath,
    [
      "--expose-gc",
      "--disable-warning=ExperimentalWarning",
      script,
      `${origin.port}`,
      origin.caFile,
      `${every}`,
      `${samples}`
    ],
    { stdio: ["ignore", "pipe", "inherit"] }
  )
  try {
    for await (const line of createInterface(subject.stdout)) onSample(JSON.parse(line))
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
