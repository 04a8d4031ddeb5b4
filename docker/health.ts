/**
 * The health check of the image: asks the service in the same container whether it is alive. Exit code 0 is a yes.
 */
import { get } from "node:http"
import { env, exit } from "node:process"

const port = env["POSH_PORT"] ?? "8080"

get(
  { host: "127.0.0.1", port, path: "/health/live", timeout: 2_000 },
  ({ statusCode }) => exit(statusCode === 200 ? 0 : 1)
)
  .on("timeout", () => exit(1))
  .on("error", () => exit(1))
