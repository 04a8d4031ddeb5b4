/**
 * The rows of the dashboard: first if callers get answers, then the causes if they do not.
 */
import { type DashboardRow, gauge, quantile, quantiles, rate, sumBy } from "./dashboardQueries.ts"
import { nowRow, processRow } from "./dashboardReplicas.ts"

export const rows: ReadonlyArray<DashboardRow> = [
  nowRow,
  {
    title: "Answers",
    panels: [
      {
        title: "Verdicts",
        description: "Answers to callers. Only verified is a yes.",
        unit: "ops",
        stacked: true,
        queries: [["{{verdict}}", sumBy("verdict", "posh_verdicts_total")]]
      },
      {
        title: "Indeterminate",
        description:
          "Share of indeterminate answers by the side at fault: origin, or ours (budgets, faults of the service).",
        unit: "percentunit",
        threshold: 0.2,
        queries: [[
          "{{whose}}",
          `${sumBy("whose", "posh_verdicts_total", `whose!="none"`)} / ignoring(whose) group_left sum(${
            rate("posh_verdicts_total")
          })`
        ]]
      },
      {
        title: "Codes",
        description: "Codes of the answers other than verified; docs/reference/errors.md explains them.",
        unit: "ops",
        queries: [["{{code}}", `topk(10, ${sumBy("code", "posh_verdicts_total", `verdict!="verified"`)} > 0)`]]
      },
      {
        title: "Problems",
        description: "Questions and requests that ended in a problem instead of a verdict.",
        unit: "ops",
        queries: [["{{code}}", `${sumBy("code", "posh_problems_total")} > 0`]]
      },
      {
        title: "POST /v1/verify",
        description: "Time from the head of a request to the end of its answer.",
        unit: "s",
        threshold: 5,
        queries: quantiles("posh_http_request_seconds", `route="POST /v1/verify"`)
      },
      {
        title: "Requests",
        description: "By route and status; aborted if the caller disconnected before the answer.",
        unit: "reqps",
        stacked: true,
        queries: [["{{route}} {{status}}", `${sumBy("route, status", "posh_http_requests_total")} > 0`]]
      },
      {
        title: "gRPC calls",
        description:
          "By method and status, also those of gRPC-Web and Connect. CANCELLED: the caller went away before the answer. And what limits have closed, by reason.",
        unit: "reqps",
        stacked: true,
        queries: [
          ["{{method}} {{status}}", `${sumBy("method, status", "posh_grpc_calls_total")} > 0`],
          ["closed: {{reason}}", `${sumBy("reason", "posh_grpc_closed_total")} > 0`]
        ]
      },
      {
        title: "gRPC Verify",
        description: "Time from the head of a call to the end of its answer.",
        unit: "s",
        threshold: 5,
        queries: quantiles("posh_grpc_call_seconds", `method="posh.v1.VerificationService/Verify"`)
      }
    ]
  },
  {
    title: "Cache",
    panels: [
      {
        title: "Look-ups by result",
        description: "Hits in memory cost microseconds, hits in Redis a round trip, misses a resolution.",
        unit: "ops",
        stacked: true,
        queries: [["{{tier}} {{result}}", `${sumBy("tier, result", "posh_cache_lookups_total")} > 0`]]
      },
      {
        title: "Entries in memory",
        description: "At the limit of POSH_CACHE_ENTRIES the least recently used are evicted.",
        unit: "short",
        queries: [
          ["{{instance}}", gauge("posh_cache_entries")],
          ["evicted a second {{instance}}", rate("posh_cache_evictions_total")]
        ]
      },
      {
        title: "Age of served material",
        description: "Time since the fetch of the material that answered.",
        unit: "s",
        queries: quantiles("posh_served_age_seconds")
      },
      {
        title: "Work saved",
        description: "Coalesced questions, and refreshes ahead of expiry.",
        unit: "ops",
        queries: [
          ["coalesced", `sum(${rate("posh_coalesced_total")})`],
          ["refreshed ahead", `sum(${rate("posh_refreshes_ahead_total")})`]
        ]
      },
      {
        title: "Redis",
        description:
          "Faults by reason. Breaker 1: nothing is sent to Redis. Channel 0: changes of other replicas are not heard.",
        unit: "short",
        queries: [
          ["{{reason}}", `${sumBy("reason", "posh_redis_faults_total")} > 0`],
          ["breaker {{instance}}", gauge("posh_redis_breaker_open")],
          ["refused commands {{instance}}", gauge("posh_redis_refused_commands")],
          ["channel up {{instance}}", gauge("posh_fleet_channel_up")]
        ]
      },
      {
        title: "Redis commands",
        description: "Close to POSH_REDIS_TIMEOUT: the circuit breaker is about to open.",
        unit: "s",
        queries: quantiles("posh_redis_command_seconds")
      }
    ]
  },
  {
    title: "Origins",
    panels: [
      {
        title: "Resolutions",
        description: "Attempts to fetch what a domain publishes.",
        unit: "ops",
        stacked: true,
        queries: [["{{generation}} {{code}}", `topk(10, ${sumBy("generation, code", "posh_resolutions_total")} > 0)`]]
      },
      {
        title: "Resolution time",
        description: "With all redirects and queues; 12 s at the most.",
        unit: "s",
        queries: [
          ["p50", quantile(0.5, "posh_resolution_seconds")],
          ["p99 {{generation}}", quantile(0.99, "posh_resolution_seconds", undefined, "le, generation")]
        ]
      },
      {
        title: "Outbound phases",
        description: "p99 of each successful phase of a request.",
        unit: "s",
        queries: [["{{phase}}", quantile(0.99, "posh_outbound_phase_seconds", undefined, "le, phase")]]
      },
      {
        title: "Outbound requests",
        description: "Answered is any HTTP response; all other codes had none.",
        unit: "reqps",
        stacked: true,
        queries: [["{{code}}", `${sumBy("code", "posh_outbound_requests_total")} > 0`]]
      },
      {
        title: "Outbound request time",
        description: "Duration, successful or not.",
        unit: "s",
        queries: quantiles("posh_outbound_request_seconds")
      },
      {
        title: "Fetched issuers",
        description: "Requests a second for certificates that chains lack, by code. None unless that is turned on.",
        unit: "reqps",
        queries: [["{{code}}", `${sumBy("code", "posh_issuer_requests_total")} > 0`]]
      },
      {
        title: "Roles in the fleet",
        description: "lead: this replica resolves. follow: another one does. fenced: the lead was lost meanwhile.",
        unit: "ops",
        queries: [["{{role}}", sumBy("role", "posh_fleet_leads_total")]]
      }
    ]
  },
  processRow
]
