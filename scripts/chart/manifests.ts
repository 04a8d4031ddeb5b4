/** What Kubernetes does not check of the manifests: that they fit each other, and the service. Pure. */
import { Result } from "effect"
import { readSettings } from "../../apps/server/src/config/Config.ts"
import { routes } from "../../apps/server/src/routes.ts"
import { settingBreaches } from "../deploy/settings.ts"
import type { Manifest } from "./structure.ts"

type Labels = Readonly<Record<string, string>>

interface Container {
  readonly env: ReadonlyArray<{ readonly name: string; readonly value: string }>
  readonly ports: ReadonlyArray<{ readonly name: string; readonly containerPort: number }>
  readonly volumeMounts?: ReadonlyArray<{ readonly name: string; readonly mountPath: string }> | null
  readonly securityContext: unknown
  readonly [probe: `${string}Probe`]: { readonly httpGet: { readonly path: string; readonly port: string } }
}

interface Volume {
  readonly name: string
  readonly secret?: {
    readonly secretName: string
    readonly items: ReadonlyArray<{ readonly key: string; readonly path: string }>
  }
  readonly configMap?: { readonly items: ReadonlyArray<{ readonly path: string }> }
}

export interface Deployment extends Manifest {
  readonly spec: {
    readonly replicas: number
    readonly selector: { readonly matchLabels: Labels }
    readonly template: {
      readonly metadata: { readonly labels: Labels }
      readonly spec: {
        readonly containers: readonly [Container]
        readonly volumes?: ReadonlyArray<Volume> | null
        readonly terminationGracePeriodSeconds: number
        readonly [key: string]: unknown
      }
    }
  }
}

export const manifestBreaches = (manifests: ReadonlyArray<Manifest>): ReadonlyArray<string> => {
  const deployment = manifests.find(isDeployment)
  if (deployment === undefined) return ["there is no Deployment"]
  return [
    ...environmentBreaches(deployment),
    ...fileBreaches(deployment),
    ...portBreaches(deployment, manifests),
    ...selectorBreaches(deployment, manifests),
    ...hardeningBreaches(deployment)
  ]
}

export const isDeployment = (manifest: Manifest): manifest is Deployment => manifest.kind === "Deployment"

const containerOf = ({ spec }: Deployment): Container => spec.template.spec.containers[0]

const environmentOf = (deployment: Deployment): Readonly<Record<string, string>> =>
  Object.fromEntries(containerOf(deployment).env.map(({ name, value }) => [name, value]))

/** With something in place of each secret whose file is in the cluster alone. */
const withStandIns = (env: Readonly<Record<string, string>>): Readonly<Record<string, string>> => {
  const query = env["POSH_REDIS_MODE"] === "sentinel" ? "/?name=posh" : ""
  const standIns = new Map([
    ["POSH_REDIS_URL_FILE", `rediss://posh:password@redis.example:6379${query}`],
    ["POSH_CACHE_SECRET_FILE", "x".repeat(32)],
    ["POSH_DECISION_LOG_KEY_FILE", "x".repeat(32)],
    ["OTEL_EXPORTER_OTLP_HEADERS_FILE", "authorization=x"]
  ])
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => {
      const standIn = standIns.get(name)
      return standIn === undefined ? [name, value] : [name.replace(/_FILE$/, ""), standIn]
    })
  )
}

/** The service itself reads the settings. */
const environmentBreaches = (deployment: Deployment): ReadonlyArray<string> => {
  const names = containerOf(deployment).env.map(({ name }) => name)
  const settings = readSettings(withStandIns(environmentOf(deployment)))
  const needed = (Result.isSuccess(settings) ? settings.success.drainDelay / 1_000 : 0) + besideDrainDelay
  const given = deployment.spec.template.spec.terminationGracePeriodSeconds
  return [
    ...settingBreaches(names),
    ...names.filter((name, index) => names.indexOf(name) !== index).map((name) => `${name} is set twice`),
    ...(Result.isFailure(settings) ? settings.failure.faults : []),
    ...(given >= needed ? [] : [`the pod is killed after ${given} s, and may need ${needed} s to stop`])
  ]
}

/** Seconds: requests under way, the operations listener, and some to spare. */
const besideDrainDelay = 15

/** Each variable that names a file has a mount with this file in it, and nothing else is mounted. */
const fileBreaches = (deployment: Deployment): ReadonlyArray<string> => {
  const { env, volumeMounts } = containerOf(deployment)
  const volumes = deployment.spec.template.spec.volumes ?? []
  const files = (volumeMounts ?? []).flatMap(({ mountPath, name }) => {
    const volume = volumes.find((one) => one.name === name)
    const items = volume?.secret?.items ?? volume?.configMap?.items ?? []
    return items.map(({ path }) => `${mountPath}/${path}`)
  })
  const named = env.filter(({ name }) => name.endsWith("_FILE"))
  return [
    ...named.filter(({ value }) => !files.includes(value)).map(({ name, value }) => `${name}: nothing is at ${value}`),
    ...files.filter((file) => !named.some(({ value }) => value === file)).map((file) => `${file} is read by nobody`),
    ...volumes.filter(({ name }) => !(volumeMounts ?? []).some((mount) => mount.name === name))
      .map(({ name }) => `the volume ${name} is not mounted`)
  ]
}

const portBreaches = (deployment: Deployment, manifests: ReadonlyArray<Manifest>): ReadonlyArray<string> => {
  const container = containerOf(deployment)
  const env = environmentOf(deployment)
  const ports = new Map(container.ports.map(({ containerPort, name }) => [name, String(containerPort)]))
  const services = manifests.filter(({ kind }) => kind === "Service")
  return [
    ...(ports.get("callers") === env["POSH_PORT"] ? [] : ["POSH_PORT is not the port of callers"]),
    ...(ports.get("grpc") === env["POSH_GRPC_PORT"] ? [] : ["POSH_GRPC_PORT is not the port of gRPC"]),
    ...(ports.get("operations") === env["POSH_OPS_PORT"] ? [] : ["POSH_OPS_PORT is not the port of operations"]),
    ...(["startupProbe", "readinessProbe", "livenessProbe"] as const).flatMap((probe) => {
      const { path, port } = container[probe]?.httpGet ?? { path: "nothing", port: "" }
      return port === "operations" && routes.some((route) => route.path === path)
        ? []
        : [`${probe} asks ${port}${path}`]
    }),
    ...services.flatMap((service) => valuesAt(service, "targetPort")).filter((port) => !ports.has(String(port)))
      .map((port) => `a Service leads to the port ${port}`),
    ...manifests.filter(({ kind }) => kind === "NetworkPolicy")
      .flatMap((policy) =>
        valuesAt((policy as Manifest & { readonly spec: { readonly ingress: unknown } }).spec.ingress, "port")
      )
      .filter((port) => !ports.has(String(port))).map((port) => `the NetworkPolicy lets in to the port ${port}`)
  ]
}

/** What chooses pods chooses these, and what chooses Services finds one. */
const selectorBreaches = (deployment: Deployment, manifests: ReadonlyArray<Manifest>): ReadonlyArray<string> => {
  const pods = deployment.spec.template.metadata.labels
  return manifests.flatMap((manifest) => {
    const { kind, metadata: { name } } = manifest
    const candidates = kind === "ServiceMonitor"
      ? manifests.filter((one) => one.kind === "Service").map(({ metadata }) => metadata.labels ?? {})
      : [pods]
    const selectors = selectorsOf(manifest)
    return selectors.every((selector) => candidates.some((labels) => includes(labels, selector)))
      ? []
      : [`${kind} ${name} chooses nothing`]
  })
}

const selectorsOf = (manifest: Manifest): ReadonlyArray<Labels> => {
  const { spec } = manifest as Manifest & {
    readonly spec?: { readonly selector?: unknown; readonly podSelector?: unknown }
  }
  const selector = spec?.podSelector ?? spec?.selector
  if (selector === undefined) return []
  return [
    (manifest.kind === "Service" ? selector : (selector as { readonly matchLabels: Labels }).matchLabels) as Labels
  ]
}

const includes = (labels: Labels, selector: Labels): boolean =>
  Object.keys(selector).length > 0 && Object.entries(selector).every(([name, value]) => labels[name] === value)

const hardeningBreaches = (deployment: Deployment): ReadonlyArray<string> => {
  const { containers: [container], ...pod } = deployment.spec.template.spec
  const wanted: ReadonlyArray<readonly [what: string, given: unknown, value: unknown]> = [
    ["enableServiceLinks", pod["enableServiceLinks"], false],
    ["automountServiceAccountToken", pod["automountServiceAccountToken"], false],
    ["seccompProfile", at(pod["securityContext"], "seccompProfile", "type"), "RuntimeDefault"],
    ["runAsNonRoot", at(pod["securityContext"], "runAsNonRoot"), true],
    ["readOnlyRootFilesystem", at(container.securityContext, "readOnlyRootFilesystem"), true],
    ["allowPrivilegeEscalation", at(container.securityContext, "allowPrivilegeEscalation"), false],
    ["capabilities", JSON.stringify(at(container.securityContext, "capabilities")), `{"drop":["ALL"]}`]
  ]
  return wanted.filter(([, given, value]) => given !== value).map(([what, given]) => `${what} is ${String(given)}`)
}

const at = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value)

/** Every value of a key, however deep it is. */
const valuesAt = (value: unknown, key: string): ReadonlyArray<unknown> =>
  typeof value !== "object" || value === null
    ? []
    : Object.entries(value).flatMap(([name, inner]) => name === key ? [inner] : valuesAt(inner, key))
