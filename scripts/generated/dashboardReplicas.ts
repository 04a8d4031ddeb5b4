/**
 * The rows of the dashboard about replicas: which there are, and how each process does.
 */
import { type DashboardRow, gauge, ours, rate, sumBy } from "./dashboardQueries.ts"

export const nowRow: DashboardRow = {
  title: "Now",
  panels: [
    {
      title: "Replicas that answer",
      description: "Ready or degraded, as /health/ready reports.",
      unit: "short",
      kind: "stat",
      threshold: 1,
      isLeast: true,
      queries: [["", `sum(${gauge("posh_readiness", `state=~"ready|degraded"`)})`]]
    },
    {
      title: "Degraded replicas",
      description: "They answer without a dependency that is configured, most likely Redis.",
      unit: "short",
      kind: "stat",
      threshold: 1,
      queries: [["", `sum(${gauge("posh_readiness", `state="degraded"`)})`]]
    },
    {
      title: "Replicas",
      description: "State and version of each. More than one version for long: a rolling restart has stopped half-way.",
      unit: "short",
      kind: "table",
      queries: [[
        "",
        `(${gauge("posh_readiness")} == 1) * on (job, instance) group_left (version, node) ${gauge("posh_build_info")}`
      ]]
    }
  ]
}

export const processRow: DashboardRow = {
  title: "Process",
  panels: [
    {
      title: "State",
      description: "State that /health/ready reports.",
      unit: "short",
      stacked: true,
      queries: [["{{state}}", `sum by (state) (${gauge("posh_readiness")})`]]
    },
    {
      title: "CPU",
      description: "Seconds a second, for each worker. At 1 the processes are at their limit: add replicas.",
      unit: "s",
      threshold: 1,
      queries: [[
        "{{instance}}",
        `${rate("process_cpu_seconds_total")} / on (job, instance) ${gauge("posh_workers_wanted")}`
      ]]
    },
    {
      title: "Event loop delay",
      description: "Mean, percentiles and maximum since the last scrape.",
      unit: "s",
      threshold: 0.1,
      queries: ["mean", "p50", "p90", "p99", "max"].map((at) =>
        [`${at} {{instance}}`, ours(gauge(`nodejs_eventloop_lag_${at}_seconds`))] as const
      )
    },
    {
      title: "Memory",
      description: "Resident memory of the process, the heap of JavaScript, and memory outside of it.",
      unit: "bytes",
      queries: [
        ["process {{instance}}", ours(gauge("process_resident_memory_bytes"))],
        ["heap used {{instance}}", ours(gauge("nodejs_heap_size_used_bytes"))],
        ["heap reserved {{instance}}", ours(gauge("nodejs_heap_size_total_bytes"))],
        ["external {{instance}}", ours(gauge("nodejs_external_memory_bytes"))]
      ]
    },
    {
      title: "Use of limits",
      description: "At 1 further ones are refused: questions in flight, memory for bodies, connections, open files.",
      unit: "percentunit",
      threshold: 0.8,
      queries: [
        [
          "questions {{instance}}",
          `${gauge("posh_questions_in_flight")} / ${gauge("posh_questions_in_flight_limit")}`
        ],
        [
          "bodies {{instance}}",
          `${gauge("posh_request_bodies_bytes")} / ${gauge("posh_request_bodies_limit_bytes")}`
        ],
        [
          "connections {{instance}}",
          `(${gauge("posh_connections_open")} + (${gauge("posh_grpc_connections_open")} or 0 * ${
            gauge("posh_connections_open")
          })) / ${gauge("posh_connections_limit")}`
        ],
        ["files {{instance}}", ours(`${gauge("process_open_fds")} / (${gauge("process_max_fds")} > 0)`)]
      ]
    },
    {
      title: "Questions that wait",
      description: "Questions that wait for origins.",
      unit: "short",
      queries: [["{{instance}}", gauge("posh_questions_waiting")]]
    },
    {
      title: "Failed TLS handshakes",
      description:
        "http: plain HTTP instead of TLS. certificate: none, or not of the client CA. protocol: no common version.",
      unit: "ops",
      queries: [["{{reason}}", `${sumBy("reason", "posh_tls_handshake_failures_total")} > 0`]]
    },
    {
      title: "Records",
      description: "Records of the decision log, and spans; dropped ones are lost.",
      unit: "ops",
      queries: [
        ["decisions {{result}}", sumBy("result", "posh_decision_log_records_total")],
        ["spans {{result}}", sumBy("result", "posh_spans_total")]
      ]
    },
    {
      title: "Workers",
      description: "Worker processes that answer, those that are wanted (POSH_WORKERS), and restarts by reason.",
      unit: "short",
      queries: [
        ["{{instance}}", gauge("posh_workers")],
        ["wanted {{instance}}", gauge("posh_workers_wanted")],
        [
          "restarts {{reason}}",
          `sum by (reason) (increase(${gauge("posh_worker_restarts_total")}[$__rate_interval])) > 0`
        ]
      ]
    },
    {
      title: "Age",
      description: "Time since the process started; a sawtooth means restarts.",
      unit: "s",
      queries: [["{{instance}}", ours(`time() - ${gauge("process_start_time_seconds")}`)]]
    },
    {
      title: "Versions",
      description: "More than one for long: a rolling restart has stopped half-way.",
      unit: "short",
      queries: [
        ["{{version}}", `count by (version) (${gauge("posh_build_info")})`],
        ["Node.js {{version}}", `count by (version) (${ours(gauge("nodejs_version_info"))})`]
      ]
    },
    {
      title: "Ends of own certificates",
      description: "Time until the first certificate in each file of the service's own ends.",
      unit: "s",
      queries: [["{{file}} {{instance}}", `${gauge("posh_tls_certificate_not_after_seconds")} - time()`]]
    },
    {
      title: "Weak settings",
      description: "What weakens the service, by replica; the log at the start says more.",
      unit: "short",
      queries: [["{{by}} {{instance}}", `${gauge("posh_weakened")} > 0`]]
    },
    {
      title: "Age of the newest root",
      description: "Of those that are built into Node.js. More than on other replicas: update Node.js there.",
      unit: "s",
      queries: [["{{instance}}", `time() - ${gauge("posh_roots_newest_timestamp_seconds")}`]]
    }
  ]
}
