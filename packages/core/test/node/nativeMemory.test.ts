/**
 * A connection holds kilobytes outside V8's heap. They must be freed with the connection: V8 does not see them, so
 * memory that only a full garbage collection frees would add up.
 */
import { assert, it } from "@effect/vitest"
import { issue, rootCa } from "@posh/testing"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createServer } from "node:tls"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

/** Bytes per connection. Measured: 100; with an `X509Certificate` per connection, 4,000. */
const mostBytes = 1_500

it("no native memory outlives a connection", async () => {
  const root = await Effect.runPromise(rootCa())
  const { keyPem, pem } = await Effect.runPromise(issue(root, { dnsNames: ["im.example.net"] }))
  const folder = mkdtempSync(join(tmpdir(), "posh-native-"))
  const caFile = join(folder, "ca.pem")
  writeFileSync(caFile, root.pem)
  const server = createServer({ cert: pem, key: keyPem }, (socket) => socket.on("error", () => undefined).resume())
  await new Promise<void>((resolve) => server.on("tlsClientError", () => undefined).listen(0, "127.0.0.1", resolve))
  try {
    const { port } = server.address() as AddressInfo
    const script = fileURLToPath(new URL("nativeMemory.ts", import.meta.url))
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", script, `${port}`, caFile, "1500"],
      { env: { MALLOC_ARENA_MAX: "1" } }
    )
    assert.match(stdout, /^-?\d/, "it measured something")
    assert.isBelow(Number(stdout), mostBytes)
  } finally {
    server.close()
    rmSync(folder, { recursive: true, force: true })
  }
}, 120_000)
