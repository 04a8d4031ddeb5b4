import { assert, it } from "@effect/vitest"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { Listener } from "../../src/http/Listener.ts"

it("a request that comes before the routes is told to come back, not left waiting", async () => {
  const listener = new Listener()
  listener.listen(0, "127.0.0.1")
  await once(listener, "listening")
  const { port } = listener.address() as AddressInfo
  const response = await fetch(`http://127.0.0.1:${port}/health/ready`)
  assert.strictEqual(response.status, 503)
  assert.strictEqual(response.headers.get("retry-after"), "1")
  assert.deepInclude(await response.json(), { code: "Overloaded", status: 503 })
  listener.close()
  listener.closeAllConnections()
})
