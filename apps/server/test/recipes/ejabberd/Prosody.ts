/** Debian's Prosody without a module of ours: each of its hosts pings a host of ejabberd, and logs whether a reply comes. */
import { type Certificate, ensureRuns } from "@posh/testing"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

export interface ProsodyOptions {
  readonly hosts: Readonly<Record<string, Certificate>>
  readonly pings: string
  readonly caFile: string
  readonly dnsPort: number
  readonly port: number
}

const pingModule = (to: string) => `
local ping = require "util.stanza".iq({ type = "get", from = module.host, to = "${to}", id = "ping" })
	:tag("ping", { xmlns = "urn:xmpp:ping" });
module:add_timer(0, function ()
	module:send_iq(ping, nil, 20):next(function () module:log("info", "pinged: yes"); end,
		function (err) module:log("info", "pinged: no, %s", err); end);
end);
module:add_timer(100, function () os.exit(1); end); -- where the test was killed
`

export const installProsody = (): void => {
  ensureRuns("prosody", ["test", "-x", "/usr/bin/prosody"], ["prosody", "lua-unbound"])
  ensureRuns("lua-unbound", ["lua5.4", "-e", "require 'lunbound'"], ["lua-unbound"])
}

/** The log of each host, when all have ended their pings. */
export const runProsody = Effect.fnUntraced(function*({ caFile, dnsPort, hosts, pings, port }: ProsodyOptions) {
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "posh-prosody-"))),
    (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
  )
  const path = (name: string) => join(folder, name)
  yield* Effect.promise(async () => {
    await writeFile(path("mod_ping_once.lua"), pingModule(pings))
    const sections = await Promise.all(
      Object.entries(hosts).map(async ([name, { keyPem, pem }]) => {
        await writeFile(path(`${name}.pem`), pem)
        await writeFile(path(`${name}.key`), keyPem)
        return `VirtualHost "${name}"\nssl = { certificate = "${path(`${name}.pem`)}", key = "${
          path(`${name}.key`)
        }", ` +
          `cafile = "${caFile}" }`
      })
    )
    await writeFile(
      path("prosody.cfg.lua"),
      `run_as_root = true; daemonize = false; data_path = "${folder}"; plugin_paths = { "${folder}" };
       log = { info = "*stdout" }; storage = "memory"; network_backend = "epoll"; use_ipv6 = false;
       modules_enabled = { "tls", "saslauth", "dialback", "ping", "ping_once" };
       modules_disabled = { "c2s", "offline" }; certificates = "${folder}";
       s2s_ports = { ${port} }; s2s_direct_tls_ports = {}; s2s_interfaces = { "127.0.0.1" };
       s2s_secure_auth = true; s2s_require_encryption = true;
       unbound = { resolvconf = false, hoststxt = false, forward = "127.0.0.1@${dnsPort}",
         options = { ["do-not-query-localhost:"] = "no" } };
       ${sections.join("\n")}`
    )
  })
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn("prosody", ["--config", path("prosody.cfg.lua"), "-F"], { stdio: ["ignore", "pipe", "pipe"] })
    ),
    (child) =>
      Effect.promise(async () => {
        const ended = once(child, "exit")
        if (child.exitCode === null && child.kill("SIGKILL")) await ended
      })
  )
  return yield* Effect.callback<string>((resume) => {
    let log = ""
    const take = (octets: Buffer) => {
      log += octets.toString("utf8")
      if (log.match(/pinged: /g)?.length === Object.keys(hosts).length) resume(Effect.succeed(log))
    }
    child.stdout.on("data", take)
    child.stderr.on("data", take)
    child.once("exit", () => resume(Effect.succeed(log)))
  })
})
