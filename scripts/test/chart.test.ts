/** The checks of the chart that need no Helm: what they find in manifests that do not fit. */
import { assert, describe, it } from "@effect/vitest"
import { type Deployment, manifestBreaches } from "../chart/manifests.ts"
import type { Manifest } from "../chart/structure.ts"
import { valueRows } from "../generated/chart.ts"

const labels = { app: "posh" }
const probe = { httpGet: { path: "/health/live", port: "operations" } }

const container = {
  env: [
    { name: "POSH_HOST", value: "0.0.0.0" },
    { name: "POSH_PORT", value: "8080" },
    { name: "POSH_OPS_PORT", value: "9464" },
    { name: "POSH_DRAIN_DELAY", value: "5s" },
    { name: "POSH_API_KEYS_FILE", value: "/run/posh/secrets/keys" }
  ],
  ports: [{ name: "callers", containerPort: 8080 }, { name: "operations", containerPort: 9464 }],
  volumeMounts: [{ name: "secrets", mountPath: "/run/posh/secrets" }],
  securityContext: {
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] }
  },
  startupProbe: probe,
  readinessProbe: probe,
  livenessProbe: probe
}

const pod = {
  containers: [container] as const,
  volumes: [{ name: "secrets", secret: { secretName: "posh", items: [{ key: "keys", path: "keys" }] } }],
  terminationGracePeriodSeconds: 20,
  enableServiceLinks: false,
  automountServiceAccountToken: false,
  securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } }
}

const deployed = (changes: object = {}, containerChanges: object = {}): Deployment => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "posh" },
  spec: {
    replicas: 2,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: { ...pod, ...changes, containers: [{ ...container, ...containerChanges }] }
    }
  }
})

const setting = (name: string, value: string) =>
  deployed({}, { env: [...container.env.filter((one) => one.name !== name), { name, value }] })

const other = (kind: string, spec: object): Manifest =>
  ({ apiVersion: "v1", kind, metadata: { name: "posh", labels }, spec }) as Manifest

describe("manifests", () => {
  const service = other("Service", { selector: labels, ports: [{ name: "http", port: 80, targetPort: "callers" }] })
  const fitting: ReadonlyArray<Manifest> = [
    deployed(),
    service,
    other("PodDisruptionBudget", { selector: { matchLabels: labels } }),
    other("NetworkPolicy", { podSelector: { matchLabels: labels }, ingress: [{ ports: [{ port: "callers" }] }] }),
    other("ServiceMonitor", { selector: { matchLabels: labels } })
  ]
  it("that fit are let through", () => assert.deepStrictEqual(manifestBreaches(fitting), []))

  const rows: ReadonlyArray<readonly [name: string, manifests: ReadonlyArray<Manifest>, breach: RegExp]> = [
    ["nothing to run", [service], /^there is no Deployment$/],
    ["a name that is no variable", [setting("POSH_PROT", "1")], /^POSH_PROT is no variable of the service$/],
    ["a secret", [setting("POSH_CACHE_SECRET", "x".repeat(32))], /^POSH_CACHE_SECRET is a secret/],
    ["a value that the service refuses", [setting("POSH_CACHE_ENTRIES", "5e+07")], /^POSH_CACHE_ENTRIES: must be/],
    [
      "a contradiction that the service refuses",
      [setting("POSH_AUTH", "none")],
      /^POSH_AUTH: none contradicts POSH_API_KEYS_FILE$/
    ],
    [
      "a variable twice",
      [deployed({}, { env: [...container.env, ...container.env] })],
      /^POSH_PORT is set twice$/
    ],
    [
      "a file that is not mounted",
      [setting("POSH_EXTRA_CA_FILE", "/run/posh/ca.crt")],
      /^POSH_EXTRA_CA_FILE: nothing is at \/run\/posh\/ca\.crt$/
    ],
    [
      "a file that nobody reads",
      [deployed({ volumes: [{ name: "secrets", secret: { items: [{ path: "keys" }, { path: "url" }] } }] })],
      /^\/run\/posh\/secrets\/url is read by nobody$/
    ],
    [
      "a volume that is not mounted",
      [deployed({ volumes: [...pod.volumes, { name: "tls", secret: { items: [] } }] })],
      /^the volume tls is not mounted$/
    ],
    ["too little time to stop", [setting("POSH_DRAIN_DELAY", "10s")], /^the pod is killed after 20 s.*25 s/],
    ["another port", [setting("POSH_OPS_PORT", "9000")], /^POSH_OPS_PORT is not the port of operations$/],
    [
      "a probe of a closed port",
      [deployed({}, { livenessProbe: { httpGet: { path: "/health/live", port: "callers" } } })],
      /^livenessProbe asks callers\/health\/live$/
    ],
    [
      "a probe of nothing",
      [deployed({}, { startupProbe: { httpGet: { path: "/healthz", port: "operations" } } })],
      /^startupProbe asks operations\/healthz$/
    ],
    ["no probe", [deployed({}, { readinessProbe: undefined })], /^readinessProbe asks nothing$/],
    [
      "a Service that leads nowhere",
      [deployed(), other("Service", { selector: labels, ports: [{ port: 80, targetPort: "http" }] })],
      /^a Service leads to the port http$/
    ],
    [
      "a selector of other pods",
      [deployed(), other("PodDisruptionBudget", { selector: { matchLabels: { app: "other" } } })],
      /^PodDisruptionBudget posh chooses nothing$/
    ],
    [
      "a selector of every pod",
      [deployed(), other("NetworkPolicy", { podSelector: { matchLabels: {} } })],
      /^NetworkPolicy posh chooses nothing$/
    ],
    ["links of services", [deployed({ enableServiceLinks: true })], /^enableServiceLinks is true$/],
    ["root", [deployed({ securityContext: { seccompProfile: { type: "RuntimeDefault" } } })], /^runAsNonRoot is/],
    ["a capability", [deployed({}, { securityContext: { capabilities: { drop: [] } } })], /^capabilities is/]
  ]
  it.each(rows)("%s is found", (_, manifests, breach) => {
    const breaches = manifestBreaches(manifests)
    assert.isTrue(breaches.some((found) => breach.test(found)), breaches.join("\n"))
  })
})

describe("the table of values", () => {
  it("has a row for each value, with the comment above it", () =>
    assert.deepStrictEqual(
      valueRows(
        "# One.\na: 1\n\nb:\n  # Two,\n  # in two lines.\n  c: [x]\n  d:\n    # Three.\n    e: {}\n# Whole.\nf:\n  g: y\n"
      ),
      [["`a`", "`1`", "One."], ["`b.c`", "`[\"x\"]`", "Two, in two lines."], ["`b.d.e`", "`{}`", "Three."], [
        "`f`",
        "`{\"g\":\"y\"}`",
        "Whole."
      ]]
    ))

  it("refuses a value without a comment", () => assert.throws(() => valueRows("a:\n  b: 1\n"), /a\.b has no comment/))
})
