/** Metrics of the shared cache and of the fleet. */
import { sharedFaultReasons } from "./labels.ts"
import type { Row } from "./Row.ts"

const unlabelled: Row["series"] = [{}]

const commandBuckets = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5]

export const redisCatalogue = {
  posh_redis_breaker_open: {
    type: "gauge",
    workers: "max",
    unit: "1 or 0",
    help: "1 while the circuit breaker is open and nothing is sent to Redis.",
    advice: "Repair Redis. The service answers without it, but replicas share nothing.",
    series: unlabelled
  },
  posh_redis_faults_total: {
    type: "counter",
    unit: "faults",
    help: "Faults of the shared cache, by reason; open counts commands that were not sent while the breaker was open.",
    advice: "`refused`: Redis is full or not writable. `unsealable`: secrets differ, or another party writes to Redis.",
    series: sharedFaultReasons.map((reason) => ({ reason }))
  },
  posh_redis_command_seconds: {
    type: "histogram",
    unit: "seconds",
    help: "Duration of a command that was sent to Redis, successful or not.",
    advice: "Close to `POSH_REDIS_TIMEOUT`: the circuit breaker is about to open.",
    series: unlabelled,
    buckets: commandBuckets
  },
  posh_redis_refused_commands: {
    type: "gauge",
    workers: "max",
    unit: "commands",
    help:
      "Commands that Redis refuses now: by its permissions, or because it does not know them, is full or read-only.",
    advice: "The log names them, with the cause. Compare the user of Redis with the fleet guide.",
    series: unlabelled
  },
  posh_fleet_channel_up: {
    type: "gauge",
    workers: "min",
    unit: "1 or 0",
    help: "1 while the channel works on which replicas announce changes to each other; 0 also without Redis.",
    advice: "0 with Redis: each question is checked with Redis before memory answers it. The log has the cause.",
    series: unlabelled
  },
  posh_fleet_leads_total: {
    type: "counter",
    unit: "leads",
    help:
      "Resolutions by role: this replica resolved (lead), another one did (follow), the lead was lost meanwhile (fenced).",
    advice:
      "Many `fenced`: this replica stalls for seconds; check its event loop. A purge during a resolution also counts as one.",
    series: ["lead", "follow", "fenced"].map((role) => ({ role }))
  }
} as const satisfies Record<`posh_${string}`, Row>
